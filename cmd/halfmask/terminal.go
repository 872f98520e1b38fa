package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"unicode"

	"golang.org/x/term"
)

var errInterrupted = errors.New("interrupted")

func isRefusedConnection(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// askLine prompts and reads a line; the end of the input is an empty line.
func askLine(ctx context.Context, in io.Reader, prompt io.Writer, question string) (string, error) {
	fmt.Fprint(prompt, question)
	return await(ctx, func() (string, error) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil
			fmt.Fprintln(prompt)
		}
		return strings.TrimRight(line, "\r\n"), err
	})
}

// askSecret prompts on a terminal and reads a line that is not shown. It is
// the caller's to see that in is a terminal.
func askSecret(ctx context.Context, in *os.File, prompt io.Writer, question string) (string, error) {
	state, err := term.GetState(int(in.Fd()))
	if err != nil {
		return "", err
	}
	fmt.Fprint(prompt, question)
	line, err := await(ctx, func() (string, error) {
		b, err := term.ReadPassword(int(in.Fd()))
		return string(b), err
	})
	fmt.Fprintln(prompt)
	if err != nil {
		term.Restore(int(in.Fd()), state) // an interrupted read leaves the echo off
	}
	return line, err
}

// plain writes what others sent so that it cannot steer a terminal: control
// and formatting characters are replaced.
func plain(v any) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, fmt.Sprint(v))
}

// plainLines is plain for an error, which may be several in lines of their
// own. Empty lines are left out, and tabs are spaces.
func plainLines(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimRight(line, " \t\r\n"); line != "" {
			lines = append(lines, plain(strings.ReplaceAll(line, "\t", "  ")))
		}
	}
	return strings.Join(lines, "\nhalfmask: ")
}

// terminalOf gives the terminal that in is, if it is one.
func terminalOf(in io.Reader) (*os.File, bool) {
	f, ok := in.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// await runs a read that cannot be cancelled, and stops waiting for it when
// the context ends.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}
