package bbs

import (
	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

const (
	// SignatureSize is the octets of a signature, a point and a scalar: 80.
	SignatureSize = core.SignatureLength
	// MaxMessages bounds the messages under one signature: 16384.
	MaxMessages = core.MaxMessages
	// MaxOctets bounds a header, a presentation header and each message: 16 MiB.
	MaxOctets = core.MaxOctets
)

// Sign signs the messages, in this order, and the header, which every proof
// will disclose (section 3.5.1). Both may be empty. The signature has 80
// octets and is the same whenever the inputs are.
func (s *Suite) Sign(k *SecretKey, header []byte, messages [][]byte) ([]byte, error) {
	const check, clause = "bbs-sign", spec + "3.6.1"
	if k == nil || k.public.absent() {
		return nil, credential.Failed(check, clause, "no secret key")
	}
	if err := bounded(check, header, nil, messages); err != nil {
		return nil, err
	}
	sig, err := s.core.Sign(&k.scalar, k.public.key, header, s.core.MessagesToScalars(messages))
	if err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	return sig.Bytes(), nil
}

// Verify checks a signature (section 3.5.2). A nil error means that the
// holder of the secret key signed exactly this header and these messages in
// this order; any other outcome is a [*credential.Error].
func (s *Suite) Verify(pk *PublicKey, sig, header []byte, messages [][]byte) error {
	if err := present(pk); err != nil {
		return err
	}
	if err := bounded("bbs-signature", header, nil, messages); err != nil {
		return err
	}
	parsed, err := parseSignature(sig)
	if err != nil {
		return err
	}
	if err := s.core.Verify(pk.key, parsed, s.core.Generators(len(messages)), header, s.core.MessagesToScalars(messages)); err != nil {
		return &credential.Error{Check: "bbs-signature", Clause: spec + "3.6.2", Err: err}
	}
	return nil
}

func parseSignature(octets []byte) (*core.Signature, error) {
	sig, err := core.ParseSignature(octets)
	if err != nil {
		return nil, &credential.Error{Check: "bbs-signature-encoding", Clause: spec + "4.2.4.3", Err: err}
	}
	return sig, nil
}

// bounded refuses inputs larger than this package handles.
func bounded(check string, header, ph []byte, messages [][]byte) error {
	const clause = spec + "3.5"
	if len(messages) > MaxMessages {
		return credential.Failed(check, clause, "%d messages, more than %d", len(messages), MaxMessages)
	}
	if len(header) > MaxOctets || len(ph) > MaxOctets {
		return credential.Failed(check, clause, "a header over %d octets", MaxOctets)
	}
	for i, m := range messages {
		if len(m) > MaxOctets {
			return credential.Failed(check, clause, "message %d over %d octets", i, MaxOctets)
		}
	}
	return nil
}
