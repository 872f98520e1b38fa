package issuer

import (
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// An issuer of shorter epochs says so in what it signs.
func TestEpochOfTheIssuer(t *testing.T) {
	week := 7 * 24 * time.Hour
	o := newTown(t, "", func(c *Config) {
		c.Epoch = func(now time.Time) (time.Time, time.Time) {
			from := now.Truncate(week)
			return from, from.Add(2 * week)
		}
	})
	issued, _ := o.accept(o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), PersonSDJWT, holderKeys(t, 1))
	v := o.verify(issued[0])
	from := o.now().Truncate(week)
	if v.Claims["nbf"] != float64(from.Unix()) || v.Claims["exp"] != float64(from.Add(2*week).Unix()) {
		t.Errorf("valid from %v to %v", v.Claims["nbf"], v.Claims["exp"])
	}
}
