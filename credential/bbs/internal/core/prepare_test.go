package core

import (
	"bytes"
	"testing"
)

// Tables change how a proof is computed and not what it is.
func TestTablesGiveTheSameProof(t *testing.T) {
	sk := RandomKey()
	pk := PublicKeyOf(&sk)
	messages := RandomScalars(5)
	messages[2].SetZero()
	sig, err := SHA256.Sign(&sk, pk, nil, messages)
	if err != nil {
		t.Fatal(err)
	}
	plain := SHA256.NewCredential(pk, sig, SHA256.Generators(5), nil, messages)
	tabled := plain.Tabled()
	for _, disclosed := range [][]int{nil, {0, 3}, {0, 1, 2, 3, 4}} {
		random := RandomScalars(RandomScalarCount(5 - len(disclosed)))
		a, b := plain.ProofGen([]byte("ph"), disclosed, random), tabled.ProofGen([]byte("ph"), disclosed, random)
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%v: another proof with tables", disclosed)
		}
	}
	if tabled.tables.a.Point.Equal(&sig.A) || plain.Tabled().tables.b.Point.Equal(&tabled.tables.b.Point) {
		t.Error("a table's point is not masked afresh")
	}
}
