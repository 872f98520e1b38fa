package rangeproof_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/rangeproof"
)

// dayCount is the days from 1 January 1900 to a day.
func dayCount(year int, month time.Month, day int) uint64 {
	begin := time.Date(1900, time.January, 1, 0, 0, 0, 0, time.UTC)
	return uint64(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Sub(begin).Hours() / 24)
}

// A holder born on 23 November 2008 proves to be 18 or over, on the birthday
// and on the day before.
func Example() {
	// Real bases are those of the suite that made the commitment.
	g, err1 := bls.HashToG1([]byte("G"), []byte("example"))
	h, err2 := bls.HashToG1([]byte("H"), []byte("example"))
	if err := errors.Join(err1, err2); err != nil {
		log.Fatal(err)
	}
	bases, err := rangeproof.NewBases(g, h)
	if err != nil {
		log.Fatal(err)
	}

	// The birth date is a day count. A core proof commits to it afresh.
	var birth fr.Element
	birth.SetUint64(dayCount(2008, time.November, 23))
	commitment, opening := bases.Commit(birth)

	for _, day := range []int{23, 22} {
		// 18 or over on that day: born on it 18 years earlier, or before.
		bornBefore := dayCount(2026-18, time.November, day) + 1
		statement, err := rangeproof.NewStatement(bases, commitment, 0, bornBefore)
		if err != nil {
			log.Fatal(err)
		}
		transcript := []byte("nonce of the verifier, name of the verifier")
		proof, err := rangeproof.VectorRange.Prove(statement, opening, transcript)
		var refusal *credential.Error
		if errors.As(err, &refusal) {
			fmt.Printf("%d November: %v\n", day, refusal)
			continue
		} else if err != nil {
			log.Fatal(err)
		}
		if err := rangeproof.VectorRange.Verify(statement, proof, transcript); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d November: 18 or over, in %d octets\n", day, len(proof))
	}
	// Output:
	// 23 November: 18 or over, in 688 octets
	// 22 November: check range-message failed (spec/rangeproof.md section 2): the message is not in the range
}
