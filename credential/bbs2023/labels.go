package bbs2023

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
)

const hmacKeySize = 32 // bytes: that of a SHA-256 digest, as RFC 2104 recommends

// shuffleLabels is createShuffledIdLabelMapFunction: each canonical label is
// replaced by its rank in the order of the HMACs. It takes the issued
// identifiers map of canonicalLabels and gives blank node label to the number
// N of its label bN.
func shuffleLabels(hmacKey []byte, canonical map[string]int) map[string]int {
	digests := make(map[string]string, len(canonical))
	sorted := make([]string, 0, len(canonical))
	mac := hmac.New(sha256.New, hmacKey)
	for label, n := range canonical {
		mac.Reset()
		mac.Write([]byte("c14n" + strconv.Itoa(n)))
		// The order is that of the text, which differs from that of the bytes.
		digest := base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		digests[label] = digest
		sorted = append(sorted, digest)
	}
	slices.Sort(sorted)
	shuffled := make(map[string]int, len(canonical))
	for label, digest := range digests {
		shuffled[label], _ = slices.BinarySearch(sorted, digest)
	}
	return shuffled
}

// maxOrdered is the number of blank nodes up to which the issuer looks for an
// HMAC key that puts them in document order: 24 tries on average for 4.
const maxOrdered = 4

// newHMACKey draws the key of a credential. Every derived proof shows the
// label of every disclosed object, and with n objects the key chooses among
// n! orders: a mark on the holder that no disclosure asked for, and that the
// issuer could even choose. Up to maxOrdered objects the key is drawn again
// until the labels are in the order of the document, which is the same for
// all credentials of one shape. The canonical order would not do: it depends
// on the values of the claims, those kept hidden included.
func newHMACKey(canonical map[string]int, labels []string) ([]byte, error) {
	key := make([]byte, hmacKeySize)
	for {
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		if len(labels) > maxOrdered || inDocumentOrder(shuffleLabels(key, canonical), labels) {
			return key, nil
		}
	}
}

// inDocumentOrder tells whether the nth object of the document has label bn.
func inDocumentOrder(shuffled map[string]int, labels []string) bool {
	for n, label := range labels {
		if shuffled[label] != n {
			return false
		}
	}
	return true
}
