package jwpbbs

import (
	"bytes"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/bbs"
)

// The issuer knows a link secret by one name, in every commitment to it, and
// that name is known nowhere else.
func TestIssuerRecognizesTheLinkSecret(t *testing.T) {
	secret := NewLinkSecret()
	first, _ := commitTo(t, secret)
	second, _ := commitTo(t, secret)
	if first.Name != second.Name {
		t.Error("two commitments to one secret have two names")
	}
	if bytes.Equal(first.octets, second.octets) {
		t.Error("two commitments are the same")
	}
	if other, _ := commitTo(t, NewLinkSecret()); other.Name == first.Name {
		t.Error("two secrets have one name")
	}
	octets, _, err := secret.Commit("https://other.example", testNonce)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := ParseCommitment(octets, "https://other.example", testNonce)
	if err != nil || elsewhere.Name == first.Name {
		t.Errorf("another issuer knows it by the same name: %v", err)
	}
	// A verifier that goes by the issuer's name does not get the issuer's.
	r := ask()
	r.Audience, r.Pseudonym = testIssuer, new(Scope)
	c := enroll(t, adult, secret)
	v, err := Verify(answer(t, c, r).String(), trusted, r)
	if err != nil || v.Pseudonym == first.Name {
		t.Errorf("a verifier got the issuer's name: %v", err)
	}
}

func TestGeneratorsAreThoseOfTheSuite(t *testing.T) {
	y := createGenerators(2, "COM_DIS_"+suite.ID())
	b := commitmentBases()
	if !y[0].Equal(&b.h.Point) || !y[1].Equal(&b.g.Point) {
		t.Error("other generators")
	}
	if CommitmentSize != bbs.CommitmentSize(1)+48+96 {
		t.Errorf("%d octets", CommitmentSize)
	}
}

func TestRefusedCommitments(t *testing.T) {
	secret := NewLinkSecret()
	commit := func(secret *LinkSecret, issuer, nonce string) []byte {
		t.Helper()
		octets, _, err := secret.Commit(issuer, nonce)
		if err != nil {
			t.Fatal(err)
		}
		return octets
	}
	good := commit(secret, testIssuer, testNonce)
	again := commit(secret, testIssuer, testNonce)
	other := commit(NewLinkSecret(), testIssuer, testNonce)
	const name, proof = bbsCommitmentSize, bbsCommitmentSize + pointSize
	with := func(at int, by []byte) []byte {
		return append(append(bytes.Clone(good[:at]), by...), good[at+len(by):]...)
	}
	changed := func(at int) []byte { b := bytes.Clone(good); b[at] ^= 1; return b }
	for _, test := range []struct {
		name   string
		octets []byte
	}{
		{"nothing", nil},
		{"a commitment without a name", good[:name]},
		{"a commitment that is cut", good[:len(good)-1]},
		{"a commitment with more", append(bytes.Clone(good), 0)},
		{"a commitment for another issuer", commit(secret, "https://other.example", testNonce)},
		{"a commitment for another nonce", commit(secret, testIssuer, "other")},
		{"a changed point", changed(47)},
		{"a point that is the identity", with(0, append([]byte{0xc0}, make([]byte, 47)...))},
		{"a changed proof of blind BBS", changed(60)},
		{"the commitment of another secret", with(0, other[:name])},
		{"the name of another secret", with(name, other[name:proof])},
		{"name and proof of another secret", with(name, other[name:])},
		{"name and proof of another commitment", with(name, again[name:])},
		{"a name that is the identity", with(name, append([]byte{0xc0}, make([]byte, 47)...))},
		{"a name outside the subgroup", with(name, append(append([]byte{0x80}, make([]byte, 46)...), 4))},
		{"a challenge of zero", with(proof, make([]byte, 32))},
		{"a response of zero", with(proof+32, make([]byte, 32))},
		{"a response of the group order", with(proof+64, fr.Modulus().Bytes())},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseCommitment(test.octets, testIssuer, testNonce)
			refused(t, err, "commitment")
		})
	}
	t.Run("a link secret of zero, whose names are the identity", func(t *testing.T) {
		_, err := ParseCommitment(commit(new(LinkSecret), testIssuer, testNonce), testIssuer, testNonce)
		refused(t, err, "commitment")
	})
	for at := range good {
		if _, err := ParseCommitment(changed(at), testIssuer, testNonce); err == nil {
			t.Fatalf("accepted with octet %d changed", at)
		}
	}
}

func FuzzParseCommitment(f *testing.F) {
	octets := fromHex(f, stored(f).Commitment)
	f.Add(octets)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ParseCommitment(b, testIssuer, testNonce); err == nil && !bytes.Equal(b, octets) {
			t.Error("accepted")
		}
	})
}
