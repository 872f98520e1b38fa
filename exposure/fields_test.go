package exposure

import (
	"crypto/rand"
	"slices"
	"testing"
)

// The roles of fields are found in their values.
func TestFieldsHaveTheRolesOfTheirValues(t *testing.T) {
	exchanges, visits, numbers := plantedDesign(60, 6, func(p int, _ *Exchange, b map[string]any) {
		b["id"], b["fresh"] = short8(p), rand.Text()
		if p%2 == 0 {
			b["paper"] = "number 00000019900101" + string([]byte{'0', '0', byte('0' + p/10), byte('0' + p%10)})
		}
	})
	fields := scored(exchanges, visits, numbers, 1).fields
	for _, want := range []Field{
		{AtMinimal, "request.body.id", Identifies}, {AtMinimal, "request.body.fresh", Once},
		{AtMinimal, "request.body.band", Shared}, {AtMinimal, "request.body.paper", Names},
	} {
		if !slices.Contains(fields, want) {
			t.Errorf("%+v is not among %v", want, fields)
		}
	}
	if slices.ContainsFunc(fields, func(f Field) bool { return f.Sight != AtMinimal }) {
		t.Errorf("somebody saw fields who was not there: %v", fields)
	}
}
