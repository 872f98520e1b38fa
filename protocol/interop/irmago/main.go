// Command irmago is a wallet of other people behind a pipe: the EUDI side of
// github.com/privacybydesign/irmago, assembled as its package client does it,
// with its database in memory in pure Go. The Go tests one folder up start it
// and speak to it as to the modules of ../pipe.mjs:
//
//	{"id": 1, "call": "accept", "with": {...}}
//	{"id": 1, "answer": ...}      the wallet did what it was asked to
//	{"id": 1, "refused": "..."}   the wallet said no, and why
//	{"id": 1, "broken": "..."}    this program failed, which proves nothing
//
// It is a module of its own, so that what irmago requires stays out of ours.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/sirupsen/logrus"

	"github.com/privacybydesign/irmago/eudi"
	"github.com/privacybydesign/irmago/eudi/openid4vp"
)

type request struct {
	ID   int    `json:"id"`
	Call string `json:"call"`
	With struct {
		Certificates []string `json:"certificates"` // of authorities, PEM
		Mend         bool     `json:"mend"`
		Offer        string   `json:"offer"`
		TxCode       *string  `json:"txCode"`
		Request      string   `json:"request"`
		openid4vp.DcApiRequest
	} `json:"with"`
}

type reply struct {
	ID      int    `json:"id"`
	Answer  any    `json:"answer,omitempty"`
	Refused string `json:"refused,omitempty"`
	Broken  string `json:"broken,omitempty"`
}

// refusal is the wallet's no.
type refusal struct{ words string }

func (r *refusal) Error() string { return r.words }

func main() {
	eudi.Logger = logrus.New() // to standard error
	eudi.Logger.SetLevel(logrus.WarnLevel)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	var w *wallet
	for lines.Scan() {
		var r request
		err := json.Unmarshal(lines.Bytes(), &r)
		var answer any = true
		switch {
		case err != nil:
		case r.Call == "begin":
			w, err = newWallet(r.With.Certificates, r.With.Mend)
		case w == nil:
			err = errors.New("no wallet yet")
		case r.Call == "accept":
			answer, err = w.accept(r.With.Offer, r.With.TxCode)
		case r.Call == "present":
			answer, err = w.present(r.With.Request)
		case r.Call == "presentDC":
			answer, err = w.presentDC(&r.With.DcApiRequest)
		default:
			err = fmt.Errorf("no function %s", r.Call)
		}
		out := reply{ID: r.ID, Answer: answer}
		var no *refusal
		if errors.As(err, &no) {
			out = reply{ID: r.ID, Refused: no.words}
		} else if err != nil {
			out = reply{ID: r.ID, Broken: err.Error()}
		}
		if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
			os.Exit(1)
		}
	}
}
