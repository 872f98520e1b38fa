package sqlite

import "fmt"

// LimitSize makes the provider report a full disk beyond what it holds now
// plus that many pages.
func LimitSize(p *Provider, pages int) error {
	var now int
	if err := p.db.QueryRow("PRAGMA page_count").Scan(&now); err != nil {
		return err
	}
	return p.db.QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", now+pages)).Scan(&now)
}
