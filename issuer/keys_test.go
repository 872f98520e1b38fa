package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func TestKeysSurviveRestarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "issuer")
	if _, err := LoadKeys(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("keys that were never made: %v", err)
	}
	made, err := CreateKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if string(made.BBSKey.Bytes()) != string(loaded.BBSKey.Bytes()) || made.OperatorToken != loaded.OperatorToken {
		t.Error("other keys were read than written")
	}
	a, b := made.SigningKey.Key.(jose.JSONWebKey), loaded.SigningKey.Key.(jose.JSONWebKey)
	if x, _ := json.Marshal(a); a.KeyID == "" || !equalJSON(t, x, b) {
		t.Error("another signing key was read than written")
	}
	info, err := os.Stat(filepath.Join(dir, KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %04o", info.Mode().Perm())
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("something else was left in the folder: %v %v", entries, err)
	}
	if s := fmt.Sprintf("%v %+v %#v", made, made, made); strings.Contains(s, made.OperatorToken) {
		t.Errorf("printing keys shows them: %s", s)
	}
}

func equalJSON(t *testing.T, a []byte, v any) bool {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(a) == string(b)
}

func TestCreateKeysRefusesToReplace(t *testing.T) {
	dir := t.TempDir()
	made, err := CreateKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CreateKeys(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if loaded, err := LoadKeys(dir); err != nil || loaded.OperatorToken != made.OperatorToken {
		t.Errorf("the first keys are gone: %v", err)
	}
}

func TestLoadKeysRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(path, text string) error
		want  string
	}{
		{"a file that others can read", func(path, _ string) error { return os.Chmod(path, 0o640) }, "others can open it"},
		{"a truncated file", func(path, text string) error { return os.WriteFile(path, []byte(text[:len(text)/2]), 0o600) }, "damaged"},
		{"an empty file", func(path, _ string) error { return os.WriteFile(path, nil, 0o600) }, "damaged"},
		{"an oversized file", func(path, text string) error {
			return os.WriteFile(path, []byte(text+strings.Repeat(" ", maxKeyFile)), 0o600)
		}, "longer than"},
		{"a folder", func(path, _ string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, "not a file"},
		{"no BBS key", func(path, text string) error { return replaceMember(path, text, "bbs", "") }, "bbs"},
		{"a BBS key of zero", func(path, text string) error { return replaceMember(path, text, "bbs", strings.Repeat("A", 43)) }, "bbs"},
		{"no operator token", func(path, text string) error { return replaceMember(path, text, "operator_token", "") }, "operator_token"},
		{"a public signing key", func(path, text string) error {
			return replaceMember(path, text, "sd_jwt", map[string]string{
				"kty": "EC", "crv": "P-256", "x": "nUWAoAv3XZith8E7i19OdaxOLYFOwM-Z2EuM02TirT4", "y": "HskHU8BjUi1U9Xqi7Swmj8gwAK_0xkcDjEW_71SosEY",
			})
		}, "sd_jwt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := CreateKeys(dir); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, KeyFile)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(path, string(text)); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadKeys(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that says %q", err, c.want)
			}
		})
	}
}

func replaceMember(path, text, name string, value any) error {
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return err
	}
	m[name] = value
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}
