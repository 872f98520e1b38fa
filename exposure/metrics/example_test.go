package metrics_test

import (
	"fmt"

	"github.com/halfmask/halfmask/exposure/metrics"
)

// Two people at two platforms each; a linker joined the first one's logins
// and left the second one's apart.
func Example() {
	s := metrics.Sessions{
		Person:    []uint32{1, 1, 2, 2},
		Platform:  []uint16{7, 8, 7, 8},
		Component: []uint32{0, 0, 1, 2},
	}
	linked, precision := s.Linkage()
	fmt.Println("linked:", linked.Value())
	fmt.Println("rightly:", precision.Value())
	fmt.Println(metrics.Wilson(0, 1000).Hi)
	// Output:
	// linked: 0.5
	// rightly: 1
	// 0.003
}
