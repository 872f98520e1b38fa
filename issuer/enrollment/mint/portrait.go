package mint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
)

// PortraitSide is the width and the height of a portrait in points, and
// FaceSquares the number of grey squares along each of them.
const (
	PortraitSide = 64
	FaceSquares  = 8
)

// Portrait draws the portrait of a face seed: a JPEG of 64 by 64 points, 8
// by 8 squares whose grey levels are drawn from the seed. Two seeds give
// patterns that have nothing to do with each other; that is all a matcher
// of synthetic faces needs, and all it may be said to match.
func Portrait(faceSeed string) []byte {
	sum := sha256.Sum256([]byte("halfmask face 1 " + faceSeed))
	levels := rand.New(rand.NewChaCha8(sum))
	img := image.NewGray(image.Rect(0, 0, PortraitSide, PortraitSide))
	const side = PortraitSide / FaceSquares
	for row := range FaceSquares {
		for column := range FaceSquares {
			level := color.Gray{Y: uint8(24 + levels.IntN(208))}
			for y := range side {
				for x := range side {
					img.SetGray(column*side+x, row*side+y, level)
				}
			}
		}
	}
	return encode(img, 90)
}

// LiveFace takes a picture of the person of a portrait of this package, as a
// camera at enrollment would: the same squares, darker or lighter as a
// whole, with noise on every point. The same noise seed gives the same
// picture.
func LiveFace(portrait []byte, noiseSeed uint64) ([]byte, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(portrait))
	if err != nil {
		return nil, fmt.Errorf("mint: portrait: %w", err)
	}
	if config.Width != PortraitSide || config.Height != PortraitSide {
		return nil, fmt.Errorf("mint: portrait of %d by %d points, want %d", config.Width, config.Height, PortraitSide)
	}
	from, err := jpeg.Decode(bytes.NewReader(portrait))
	if err != nil {
		return nil, fmt.Errorf("mint: portrait: %w", err)
	}
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], noiseSeed)
	noise := rand.New(rand.NewChaCha8(key))
	light := noise.IntN(31) - 15
	img := image.NewGray(from.Bounds())
	for y := range PortraitSide {
		for x := range PortraitSide {
			level := int(color.GrayModel.Convert(from.At(x, y)).(color.Gray).Y) + light + noise.IntN(41) - 20
			img.SetGray(x, y, color.Gray{Y: uint8(min(max(level, 0), 255))})
		}
	}
	return encode(img, 85), nil
}

func encode(img image.Image, quality int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		panic("mint: a picture of 64 by 64 points cannot be written: " + err.Error()) // writing to memory
	}
	return b.Bytes()
}
