package device

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"incamera/media"
)

// A PictureFile is a Y4M file in a camera's stead, at the file's own rate.
type PictureFile struct {
	*pace
	every time.Duration // constant, as are the next lines
	size  image.Point
	loop  bool

	// owned by the goroutine that reads
	file    *os.File
	reader  *bufio.Reader
	picture image.YCbCr
	begun   bool // there has been a picture since the beginning of the file
}

// OpenPictures opens a Y4M file, 4:2:0, as a camera. After its end it begins
// again, or shows its last picture for ever.
func OpenPictures(path string, loop bool) (*PictureFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fileError(media.CameraDevice, path, err)
	}
	f := &PictureFile{pace: newPace(), loop: loop, file: file, reader: bufio.NewReaderSize(file, 1<<20)}
	f.size, f.every, err = readHeader(f.reader)
	if err != nil {
		_ = file.Close() // the error before says more
		return nil, fileError(media.CameraDevice, path, err)
	}
	media.Resize(&f.picture, f.size)
	return f, nil
}

// maxHeader is the longest line that is read.
const maxHeader = 256

// readHeader reads the line that says what the pictures are like.
func readHeader(r *bufio.Reader) (size image.Point, every time.Duration, err error) {
	line, err := readLine(r)
	if err != nil {
		return size, 0, err
	}
	fields := strings.Fields(line)
	if len(fields) == 0 || fields[0] != "YUV4MPEG2" {
		return size, 0, ErrFormat
	}
	every = time.Second / 25
	for _, f := range fields[1:] {
		switch value := f[1:]; f[0] {
		case 'W':
			size.X, err = strconv.Atoi(value)
		case 'H':
			size.Y, err = strconv.Atoi(value)
		case 'F':
			every, err = parseRate(value)
		case 'C':
			if !strings.HasPrefix(value, "420") || strings.Contains(value, "p1") {
				err = fmt.Errorf("%w: colours %s", ErrFormat, value)
			}
		}
		if err != nil {
			return size, 0, fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}
	if size.X < 2 || size.Y < 2 || size.X > maxSide || size.Y > maxSide {
		return size, 0, fmt.Errorf("%w: size %v", ErrFormat, size)
	}
	return size, every, nil
}

// parseRate reads pictures per second, as a fraction.
func parseRate(s string) (time.Duration, error) {
	n, d, ok := strings.Cut(s, ":")
	num, err := strconv.Atoi(n)
	den, err2 := strconv.Atoi(d)
	if err := errors.Join(err, err2); !ok || err != nil || num < 1 || den < 1 || num/den > 240 || den/num > 10 {
		return 0, fmt.Errorf("%w: rate %s", ErrFormat, s)
	}
	return time.Duration(int64(time.Second) / int64(num) * int64(den)), nil
}

func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for len(line) < maxHeader {
		b, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return string(line), nil
		}
		line = append(line, b)
	}
	return "", ErrFormat
}

// Read waits for the next picture.
func (f *PictureFile) Read() (*image.YCbCr, time.Time, error) {
	at, err := f.wait(f.every)
	if err != nil {
		return nil, time.Time{}, err
	}
	if err := f.next(); err != nil {
		return nil, time.Time{}, err
	}
	return &f.picture, at, nil
}

// Close ends a Read that waits, and closes the file. It may be called again.
func (f *PictureFile) Close() error {
	_ = f.pace.Close() // it cannot fail
	if err := f.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// next reads a picture; at the end it starts over, or keeps the last.
func (f *PictureFile) next() error {
	err := f.readPicture()
	if errors.Is(err, io.EOF) && f.begun && f.loop {
		f.begun = false
		if _, err := f.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("device: cannot start over: %w", err)
		}
		f.reader.Reset(f.file)
		if _, _, err := readHeader(f.reader); err != nil {
			return err
		}
		err = f.readPicture()
	}
	if errors.Is(err, io.EOF) && f.begun {
		return nil
	}
	switch {
	case f.ended():
		return ErrClosed
	case err != nil:
		return fileError(media.CameraDevice, f.file.Name(), err)
	}
	f.begun = true
	return nil
}

func (f *PictureFile) readPicture() error {
	line, err := readLine(f.reader)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "FRAME") {
		return ErrFormat
	}
	for _, plane := range [][]byte{f.picture.Y, f.picture.Cb, f.picture.Cr} {
		if _, err := io.ReadFull(f.reader, plane); err != nil {
			return ErrFormat
		}
	}
	return nil
}
