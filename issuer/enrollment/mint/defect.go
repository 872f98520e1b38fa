package mint

// Defect names something wrong with a document, which package document
// refuses. The empty Defect is none.
type Defect string
