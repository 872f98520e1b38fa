package sdjwt

import (
	"errors"
	"fmt"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// errDepth is what readJSON reports for a value that nests too deep.
var errDepth = fmt.Errorf("nested deeper than %d", MaxDepth)

func readJSON(data []byte) (any, error) {
	v, err := jws.ReadJSON(data, MaxSize)
	if errors.Is(err, strictjson.ErrDepth) {
		return nil, errDepth
	}
	return v, err
}
