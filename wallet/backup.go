package wallet

import "fmt"

// Backup writes the wallet to a new file, as it is between two steps: every
// credential, key, grant and log line, and the link secret, without which no
// platform would know the person again. It is encrypted as the wallet is, and
// opens with the passphrase that the wallet has now. The errors are ErrExists
// and those of the file system; an Ephemeral wallet cannot be backed up.
//
// A refresh token is good once. When a wallet has renewed after its backup,
// the grants in the backup are spent, and an issuer takes their use for theft
// and ends them; what was issued stays good.
func (w *Wallet) Backup(path string) error {
	w.issuing.Lock() // no grant is on its way
	defer w.issuing.Unlock()
	if err := w.vault.Backup(path); err != nil {
		return fmt.Errorf("wallet: back up: %w", err)
	}
	return nil
}
