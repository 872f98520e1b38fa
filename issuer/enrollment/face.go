package enrollment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
)

// FaceMatcher compares a live sample with the portrait of a checked document
// (R-ENR-06).
type FaceMatcher interface {
	// MatchFace gives an error when the two do not show the same person.
	MatchFace(ctx context.Context, live, portrait []byte) error
	// Method says in a few words how the matcher works; it is part of the
	// decision's reasons, so a simulated one must say that it is.
	Method() string
}

// SyntheticFaces matches the synthetic faces of package mint, and is NO face
// recognition: it compares the brightness of two JPEG pictures square by
// square. A synthetic live sample with noise and other light passes, another
// synthetic person's does not; of real faces it can say nothing, and a
// picture of a portrait passes too. It exists so that a simulation cannot
// enroll with just any sample.
type SyntheticFaces struct{}

const (
	faceGrid       = 8       // squares along a side
	faceLikeness   = 0.9     // least correlation of the squares; independent ones vary around 0 by 0.13
	maxFaceBytes   = 1 << 18 // of one picture
	maxFaceSide    = 1024    // points
	flattestSpread = 1       // least standard deviation of the squares, of 255
)

// Method names the match as simulated.
func (SyntheticFaces) Method() string { return "simulated: pictures compared square by square" }

// MatchFace compares two JPEG pictures.
func (SyntheticFaces) MatchFace(_ context.Context, live, portrait []byte) error {
	a, err := faceSquares(live)
	if err != nil {
		return fmt.Errorf("live sample: %w", err)
	}
	b, err := faceSquares(portrait)
	if err != nil {
		return fmt.Errorf("portrait: %w", err)
	}
	likeness := 0.0
	for i := range a {
		likeness += a[i] * b[i] / float64(len(a))
	}
	if likeness < faceLikeness {
		return errors.New("not the person of the portrait") // how unlike would guide a forger
	}
	return nil
}

// faceSquares gives the brightness of the squares of a picture, brought to
// mean 0 and variance 1.
func faceSquares(b []byte) ([]float64, error) {
	if len(b) == 0 {
		return nil, errors.New("missing")
	}
	if len(b) > maxFaceBytes {
		return nil, fmt.Errorf("%d bytes, more than %d", len(b), maxFaceBytes)
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("not a JPEG picture: %w", err)
	}
	if c.Width < faceGrid || c.Height < faceGrid || c.Width > maxFaceSide || c.Height > maxFaceSide {
		return nil, fmt.Errorf("%d by %d points, not %d to %d each", c.Width, c.Height, faceGrid, maxFaceSide)
	}
	picture, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("not a JPEG picture: %w", err)
	}
	return normalise(squares(picture))
}

func squares(picture image.Image) []float64 {
	r := picture.Bounds()
	sums, counts := make([]float64, faceGrid*faceGrid), make([]float64, faceGrid*faceGrid)
	for y := range r.Dy() {
		for x := range r.Dx() {
			i := y*faceGrid/r.Dy()*faceGrid + x*faceGrid/r.Dx()
			sums[i] += float64(color.GrayModel.Convert(picture.At(r.Min.X+x, r.Min.Y+y)).(color.Gray).Y)
			counts[i]++
		}
	}
	for i := range sums {
		sums[i] /= counts[i]
	}
	return sums
}

func normalise(v []float64) ([]float64, error) {
	n, mean, variance := float64(len(v)), 0.0, 0.0
	for _, x := range v {
		mean += x / n
	}
	for _, x := range v {
		variance += (x - mean) * (x - mean) / n
	}
	if variance < flattestSpread*flattestSpread {
		return nil, errors.New("shows nothing")
	}
	for i := range v {
		v[i] = (v[i] - mean) / math.Sqrt(variance)
	}
	return v, nil
}
