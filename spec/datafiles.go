package spec

import (
	"embed"
	"io/fs"
	"maps"
)

// DataFiles gives the embedded data by file name, for a record of what a run
// was made from.
func DataFiles() map[string][]byte {
	files := map[string][]byte{"platforms.yaml": platformsFile}
	for _, f := range []embed.FS{rulesFiles, populationFiles, scenarioFiles} {
		maps.Copy(files, contents(f))
	}
	return files
}

func contents(f embed.FS) map[string][]byte {
	files := make(map[string][]byte)
	fs.WalkDir(f, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[name], err = f.ReadFile(name)
		}
		return err // an embedded file can be read
	})
	return files
}
