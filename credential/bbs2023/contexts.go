package bbs2023

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/spec"
	"github.com/piprate/json-gold/ld"
	"github.com/trustbloc/did-go/doc/ld/context/embed"
)

const clauseContext = "JSON-LD 1.1 API section 4.1"

// PersonContext is the @context of the person credential, the one that Verify
// demands. It is a fresh copy.
func PersonContext() []any { return []any{spec.CredentialsV2, spec.CredentialContext} }

// knownContexts has the text of every context that this build can use. It is
// not written after the program started.
var knownContexts = func() map[string][]byte {
	known := maps.Clone(spec.Contexts())
	for _, c := range embed.Contexts {
		if _, ours := known[c.URL]; !ours {
			known[c.URL] = c.Content
		}
	}
	return known
}()

// KnownContexts lists the URLs of the contexts that documents may name, in
// order. No context is ever fetched.
func KnownContexts() []string { return slices.Sorted(maps.Keys(knownContexts)) }

// offline answers the JSON-LD processor from knownContexts.
type offline struct{}

// LoadDocument gives a fresh parse on each call, since the processor writes
// into what it is given when a context has @import.
func (offline) LoadDocument(u string) (*ld.RemoteDocument, error) {
	text, ok := knownContexts[u]
	if !ok {
		return nil, fmt.Errorf("context %s is not known to this build, and none is fetched", quote(u))
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("context %s: %w", quote(u), err)
	}
	return &ld.RemoteDocument{DocumentURL: u, Document: document}, nil
}

// processing gives the options of every use of the JSON-LD processor: version
// 1.1, no base, terms that the context lacks are errors.
func processing() *ld.JsonLdOptions {
	return &ld.JsonLdOptions{
		ProcessingMode: ld.JsonLd_1_1,
		DocumentLoader: offline{},
		SafeMode:       true,
	}
}

// activeContext is a processed @context value. The processor copies it before
// each change, so that many documents share one.
type activeContext = ld.Context

// processedContexts keeps processed contexts by the JSON text of the @context
// value. It starts anew at maxProcessed, so that ever new inline contexts
// neither fill the memory nor keep out the usual ones.
var processedContexts struct {
	sync.RWMutex
	byText map[string]*activeContext
}

const maxProcessed = 64

// processContext processes the value of a document's @context member.
func processContext(value any) (*activeContext, error) {
	if value == nil {
		return nil, credential.Failed("context", clauseContext, "the document has no @context")
	}
	text, err := marshal(value)
	if err != nil {
		return nil, credential.Failed("context", clauseContext, "%w", err)
	}
	processedContexts.RLock()
	c := processedContexts.byText[string(text)]
	processedContexts.RUnlock()
	if c != nil {
		return c, nil
	}
	var own any
	if err := json.Unmarshal(text, &own); err != nil {
		return nil, credential.Failed("context", clauseContext, "%w", err)
	}
	err = contained(func() (err error) {
		c, err = ld.NewContext(nil, processing()).Parse(own)
		return err
	})
	if err != nil {
		return nil, credential.Failed("context", clauseContext, "%w", err)
	}
	processedContexts.Lock()
	defer processedContexts.Unlock()
	if processedContexts.byText == nil || len(processedContexts.byText) == maxProcessed {
		processedContexts.byText = map[string]*activeContext{}
	}
	processedContexts.byText[string(text)] = c
	return c, nil
}

// contained runs the JSON-LD processor, which asserts types without asking on
// some ill-formed contexts, and turns its panics into errors.
func contained(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the JSON-LD processor gave up: %v", p)
		}
	}()
	return run()
}
