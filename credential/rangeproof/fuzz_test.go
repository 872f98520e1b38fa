package rangeproof

import (
	"bytes"
	"slices"
	"testing"
)

// fuzzVerify feeds a proof to the verifier: whatever is not the proof of the
// statement is refused, and nothing panics.
func fuzzVerify(f *testing.F, c Construction) {
	s, o := committed(f, scalar(3), 0, 6)
	transcript := []byte("nonce")
	proof := proved(f, c, s, o, transcript)
	f.Add(proof)
	f.Add(proof[:len(proof)-1])
	f.Add([]byte{})
	f.Add(make([]byte, len(proof)))
	for _, octets := range badPointOctets() {
		points, _ := layout(c, 3)
		bad := slices.Clone(proof)
		copy(bad[points[0]:], octets)
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		if err := c.Verify(s, octets, transcript); (err == nil) != bytes.Equal(octets, proof) {
			t.Errorf("%x: %v", octets, err)
		}
	})
}

func FuzzVectorRangeVerify(f *testing.F) { fuzzVerify(f, VectorRange) }
func FuzzSigmaRangeVerify(f *testing.F)  { fuzzVerify(f, SigmaRange) }

// FuzzProveThenMutate proves any message in any range, changes an octet of
// the proof, a bound or the transcript, and verifies.
func FuzzProveThenMutate(f *testing.F) {
	f.Add(uint64(5), uint64(0), uint64(6), []byte("nonce"), uint16(0), byte(0))
	f.Add(uint64(5), uint64(0), uint64(5), []byte("nonce"), uint16(0), byte(0))
	f.Add(uint64(5), uint64(5), uint64(1), []byte(nil), uint16(50), byte(1))
	f.Add(uint64(1<<63), uint64(0), uint64(1<<63+1), []byte{0}, uint16(47), byte(0x80))
	f.Fuzz(func(t *testing.T, message, lower, count uint64, transcript []byte, at uint16, change byte) {
		upper := lower + count
		commitment, o := testBases.Commit(scalar(message))
		s, err := NewStatement(testBases, commitment, lower, upper)
		if valid := count >= 2 && upper > lower; (err == nil) != valid {
			t.Fatalf("[%d, %d): %v", lower, upper, err)
		} else if !valid {
			return
		}
		proof, err := VectorRange.Prove(s, o, transcript)
		if inside := lower <= message && message < upper; (err == nil) != inside {
			t.Fatalf("%d in [%d, %d): %v", message, lower, upper, err)
		} else if !inside {
			return
		}
		if err := VectorRange.Verify(s, proof, transcript); err != nil {
			t.Fatal(err)
		}
		if VectorRange.Verify(s, proof, append(slices.Clone(transcript), change)) == nil {
			t.Fatal("another transcript is accepted")
		}
		if moved, err := NewStatement(testBases, commitment, lower, upper-1); err == nil && VectorRange.Verify(moved, proof, transcript) == nil {
			t.Fatal("another bound is accepted")
		}
		if change != 0 {
			proof[int(at)%len(proof)] ^= change
			if VectorRange.Verify(s, proof, transcript) == nil {
				t.Fatalf("octet %d xor %#x is accepted", int(at)%len(proof), change)
			}
		}
	})
}
