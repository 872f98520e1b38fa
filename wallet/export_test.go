package wallet

import "github.com/halfmask/halfmask/wallet/internal/vault"

func init() { vault.DefaultCost = vault.Cost{Time: 1, MemoryKiB: 64, Threads: 1} }

// KeyOf names the holder key of a credential.
func (w *Wallet) KeyOf(id string) string {
	all, err := w.credentials()
	if err != nil {
		panic(err)
	}
	for _, k := range all {
		if k.ID == id {
			return k.Key
		}
	}
	return ""
}

// HasKey reports whether a holder key is kept.
func (w *Wallet) HasKey(name string) bool {
	_, err := w.vault.Key(name)
	return err == nil
}

// LinkSecret gives the octets of the link secret.
func (w *Wallet) LinkSecret() []byte {
	secret, err := w.linkSecret()
	if err != nil {
		panic(err)
	}
	return secret.Bytes()
}

// BlindingOf gives the blinding of a credential in JWP form.
func (w *Wallet) BlindingOf(id string) []byte {
	all, err := w.credentials()
	if err != nil {
		panic(err)
	}
	for _, k := range all {
		if k.ID == id {
			return k.Blinding
		}
	}
	return nil
}
