package wallet

import "github.com/halfmask/halfmask/wallet/internal/vault"

func init() { vault.DefaultCost = vault.Cost{Time: 1, MemoryKiB: 64, Threads: 1} }
