package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

func documentsCheckCommand() *cobra.Command {
	var trustDir string
	var jsonOutput bool
	c := &cobra.Command{
		Use:   "check FILE|DIR",
		Short: "Verify a document and print what it says",
		Long: `Verify a document as enrollment does and print what it says: structure,
signatures and their signer, hashes, numbers, and that the parts agree.

The document is a file or folder of 'halfmask documents mint', or a folder with
the dump of a chip: EF_COM.bin, EF_DG1.bin, EF_DG2.bin and EF_SOD.bin. --trust is
a synthetic authority's folder, or one with country CA certificates (.pem, .crt,
.cer) and register keys (.jwk). Nothing leaves this machine.

Exit code 1 when the document does not verify. An expired one verifies; the
rules say what follows.`,
		Example: `  halfmask documents check card --trust authority
  halfmask documents check my-passport-dump --trust country-cas --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			trust, err := loadTrust(trustDir)
			if err != nil {
				return err
			}
			presented, err := readDocument(args[0])
			var verified *document.Verified
			if err == nil {
				verified, err = document.Verify(*presented, trust, time.Now())
			}
			if jsonOutput {
				return errors.Join(err, printJSON(cmd.OutOrStdout(), checkedOf(verified, isSynthetic(trust), err)))
			}
			if err != nil {
				return err
			}
			printVerified(cmd.OutOrStdout(), verified, isSynthetic(trust), trustDir)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&trustDir, "trust", defaultAuthority, "`DIR` with the keys that are trusted")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	return c
}

// checked is what documents check prints as JSON.
type checked struct {
	Verified bool `json:"verified"`

	Check  string `json:"check,omitempty"`
	Field  string `json:"field,omitempty"`
	Clause string `json:"clause,omitempty"`
	Error  string `json:"error,omitempty"`

	Synthetic     bool              `json:"synthetic_authority"`
	Kind          spec.DocumentKind `json:"kind,omitempty"`
	Number        string            `json:"number,omitempty"`
	Name          string            `json:"name,omitempty"`
	Sex           string            `json:"sex,omitempty"`
	BirthDate     string            `json:"birth_date,omitempty"`
	Nationality   string            `json:"nationality,omitempty"`
	Expires       string            `json:"expires,omitempty"` // a day, or "permanent"
	Expired       bool              `json:"expired"`
	PortraitBytes int               `json:"portrait_bytes,omitempty"`
	SettledAbroad bool              `json:"settled_abroad,omitempty"`
}

func checkedOf(v *document.Verified, synthetic bool, err error) checked {
	c := checked{Verified: err == nil, Synthetic: synthetic}
	if err != nil {
		c.Error = err.Error()
		var failed *document.Error
		if errors.As(err, &failed) {
			c.Check, c.Field, c.Clause = failed.Check, failed.Field, failed.Clause
		}
		return c
	}
	c.Kind, c.Number, c.Name, c.Sex, c.Nationality = v.Kind, v.Number, v.Name, v.Sex, v.Nationality
	c.BirthDate, c.PortraitBytes, c.SettledAbroad = v.BirthDate.String(), len(v.Portrait), v.SettledAbroad
	c.Expires, c.Expired = expiryOf(v.Expiry), v.Expired(spec.DateOf(time.Now()))
	return c
}

func expiryOf(d spec.Date) string {
	if d.IsZero() {
		return enrollment.Permanent
	}
	return d.String()
}

func printVerified(w io.Writer, v *document.Verified, synthetic bool, trustDir string) {
	c := checkedOf(v, synthetic, nil)
	signed := "signed by an authority in " + trustDir
	if synthetic {
		signed = "synthetic: signed by the synthetic authority in " + trustDir
	}
	expires := c.Expires
	if c.Expired {
		expires += ", EXPIRED"
	}
	settled := ""
	if v.Kind == spec.OverseasChinesePassport {
		settled = "no"
		if v.SettledAbroad {
			settled = "yes"
		}
	}
	if c.Sex == "" {
		c.Sex = enrollment.Unspecified
	}
	for _, line := range [][2]string{
		{"verified", signed}, {"kind", string(c.Kind)}, {"number", c.Number}, {"name", c.Name}, {"sex", c.Sex},
		{"birth date", c.BirthDate}, {"nationality", c.Nationality}, {"expires", expires},
		{"settled abroad", settled}, {"portrait", fmt.Sprintf("%d bytes", c.PortraitBytes)},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%-15s %s\n", line[0], plain(line[1]))
		}
	}
}
