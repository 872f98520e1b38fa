package did_test

import (
	"context"
	"fmt"
	"log"

	"github.com/halfmask/halfmask/protocol/did"
)

func Example() {
	const url = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169#zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
	key, err := new(did.Resolver).Key(context.Background(), url)
	if err != nil {
		log.Fatal(err)
	}
	name, _, err := did.Key(key)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(name)
	// Output:
	// did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169
}
