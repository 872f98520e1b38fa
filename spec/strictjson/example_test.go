package strictjson_test

import (
	"errors"
	"fmt"

	"github.com/halfmask/halfmask/spec/strictjson"
)

func ExampleDecode() {
	var order struct {
		Kind   string `json:"document_type"`
		Number string `json:"document_number"`
	}
	limits := strictjson.Limits{Bytes: 4096, Depth: 1}

	err := strictjson.Decode([]byte(`{"document_type":"resident-identity-card","document_number":"1"}`), &order, limits)
	fmt.Println(order.Kind, err)

	err = strictjson.Decode([]byte(`{"document_number":"1","document_number":"2"}`), &order, limits)
	fmt.Println(err, errors.Is(err, strictjson.ErrTwice))

	err = strictjson.Decode([]byte(`{"Document_Number":"1"}`), &order, limits)
	fmt.Println(err)

	err = strictjson.Decode([]byte(`{"document_number":["1"]}`), &order, limits)
	fmt.Println(err)
	// Output:
	// resident-identity-card <nil>
	// member occurs twice: "document_number" true
	// unknown member "Document_Number"
	// nested too deep: more than 1 objects and arrays inside one another
}
