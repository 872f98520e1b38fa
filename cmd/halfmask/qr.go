package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

const (
	qrBorder = 4 // modules around a code, ISO/IEC 18004
	qrScale  = 8 // pixels of a module in a PNG
)

// showQR draws a link as a QR code: on the terminal for "-", else as a PNG
// file that only its owner can read, because links are secrets.
func showQR(out io.Writer, file, link string) error {
	code, err := qr.Encode(link, qr.L, qr.Auto)
	if err != nil {
		return fmt.Errorf("--qr: the link does not fit into a QR code: %w", err)
	}
	if file == "-" {
		_, err := io.WriteString(out, drawQR(code))
		return err
	}
	side := code.Bounds().Dx()
	large, err := barcode.Scale(code, side*qrScale, side*qrScale)
	if err != nil {
		return fmt.Errorf("--qr: %w", err)
	}
	framed := image.NewGray(image.Rect(0, 0, (side+2*qrBorder)*qrScale, (side+2*qrBorder)*qrScale))
	for i := range framed.Pix {
		framed.Pix[i] = 0xff
	}
	for y := range side * qrScale {
		for x := range side * qrScale {
			framed.Set(x+qrBorder*qrScale, y+qrBorder*qrScale, large.At(x, y))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, framed); err != nil {
		return fmt.Errorf("--qr: %w", err)
	}
	if err := replaceFile(file, b.Bytes()); err != nil {
		return fmt.Errorf("--qr: %w", err)
	}
	return nil
}

// drawQR draws two modules in each character, light ones bright, for a dark
// or a light terminal alike: both colours are set.
func drawQR(code image.Image) string {
	side := code.Bounds().Dx()
	dark := func(x, y int) bool {
		if x < 0 || y < 0 || x >= side || y >= side {
			return false
		}
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	var b strings.Builder
	for y := -qrBorder; y < side+qrBorder; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := -qrBorder; x < side+qrBorder; x++ {
			switch upper, lower := dark(x, y), dark(x, y+1); {
			case upper && lower:
				b.WriteRune('█')
			case upper:
				b.WriteRune('▀')
			case lower:
				b.WriteRune('▄')
			default:
				b.WriteRune(' ')
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}
