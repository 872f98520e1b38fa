package exposure

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/halfmask/halfmask/exposure/link"
	"github.com/halfmask/halfmask/spec"
)

// chunkPeople is how many people have a world of their own: servers with the
// keys that all worlds share, and a clock. It bounds what is in memory at a
// time and what a kill loses.
const chunkPeople = 250

// chunk is what was found of some people in one design: columns of hashes,
// and the bytes of a few logins.
type chunk struct {
	Run       string // digest of what was asked for
	Table     link.Table
	Paths     []pathInfo
	Named     []naming
	Persons   []uint32 // by visit
	Platform  []int16  // by visit: index into Platforms, -1 for none
	Platforms []platformName
	Logins    int   // that were carried out
	Refused   []int // people, by index
	Recorded  int   // exchanges
	Sample    []Exchange

	// Of the first chunk.
	Orders     []Row
	Ordered    int
	Exclusion  Row
	Exclusions []ExclusionCell
}

type platformName struct {
	ID      string
	Stratum spec.Stratum
}

// naming says that the bytes of a unit name a person of the register.
type naming struct{ Unit, Person uint32 }

func newChunk(s seen, visits []visit) *chunk {
	c := &chunk{Table: *s.Table, Paths: s.paths}
	for unit, people := range s.named {
		for p := range people {
			c.Named = append(c.Named, naming{uint32(unit), uint32(p)})
		}
	}
	index := make(map[string]int16)
	for _, v := range visits {
		i := int16(-1)
		if v.platform != "" {
			var ok bool
			if i, ok = index[v.platform]; !ok {
				i = int16(len(c.Platforms))
				index[v.platform] = i
				c.Platforms = append(c.Platforms, platformName{v.platform, v.stratum})
			}
			c.Logins++
		}
		c.Persons, c.Platform = append(c.Persons, uint32(v.person)), append(c.Platform, i)
	}
	return c
}

func (c *chunk) visits() []visit {
	visits := make([]visit, len(c.Persons))
	for i, p := range c.Persons {
		visits[i].person = int(p)
		if at := c.Platform[i]; at >= 0 {
			visits[i].platform, visits[i].stratum = c.Platforms[at].ID, c.Platforms[at].Stratum
		}
	}
	return visits
}

// chunkFile is where a chunk of a design is kept.
func chunkFile(dir, design string, n int) string {
	return filepath.Join(dir, "chunks", design, fmt.Sprintf("%05d.gob", n))
}

// save writes a chunk under its name once it is whole, so that a kill or a
// full disk leaves none that is not.
func (c *chunk) save(name string) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("exposure: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), unfinished+"*")
	if err != nil {
		return fmt.Errorf("exposure: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("exposure: keep what was found: %w", err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := gob.NewEncoder(w).Encode(c); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// loadChunk reads a chunk of the same run; nil when it is not there, is of
// another run or is damaged, and so has to be made again.
func loadChunk(name, run string) (*chunk, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("exposure: %w", err)
	}
	defer f.Close()
	c := new(chunk)
	if err := gob.NewDecoder(bufio.NewReaderSize(f, 1<<20)).Decode(c); err != nil || c.Run != run {
		return nil, nil
	}
	return c, nil
}
