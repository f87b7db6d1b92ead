package device

import (
	"cmp"
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"incamera/media"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"
)

// videos is where the kernel describes V4L2's devices.
const videos = "/sys/class/video4linux"

// cameras lists the main node of each V4L2 device, without opening it: some
// cameras light their lamp when opened.
func cameras() []media.Device {
	nodes, err := filepath.Glob(filepath.Join(videos, "video*"))
	if err != nil {
		return nil
	}
	var all []media.Device
	for _, node := range nodes {
		if index := describe(node, "index"); index != "0" && index != "" {
			continue // metadata of the one before
		}
		id := "/dev/" + filepath.Base(node)
		all = append(all, media.Device{
			ID: id, Name: cmp.Or(describe(node, "name"), id), Kind: media.CameraDevice, Default: len(all) == 0,
		})
	}
	return all
}

func describe(node, what string) string {
	text, err := os.ReadFile(filepath.Join(node, what))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// A driver is what is used of an open V4L2 device. Each of its calls may hang.
type driver interface {
	WaitForFrame(seconds uint32) error
	GetFrame() (frame []byte, index uint32, err error)
	ReleaseFrame(index uint32) error
	Close() error
}

// A camera is an open V4L2 device. A goroutine of its own talks with the
// driver, a picture for each that is asked for.
type camera struct {
	name   string // constant, as are the next lines
	driver driver
	decode func(dst *image.YCbCr, frame []byte) error
	asked  chan struct{} // a token for each picture that is wanted
	taken  chan taken    // room for one

	freed  func() // told when the driver is closed
	turn   turn   // to copy a frame, or to stop the camera
	closed chan struct{}
	close  func() error

	picture image.YCbCr // written when one is asked for, read when it is taken
	timer   *time.Timer // owned by the goroutine that reads
}

// taken is when the picture was, or why there is none.
type taken struct {
	at  time.Time
	err error
}

// openCamera opens the camera with this id. It may hang. What it returns tells
// freed when the driver is closed.
func openCamera(id string, size image.Point, rate int, freed func()) (PictureSource, error) {
	d, err := findCamera(id)
	if err != nil {
		return nil, err
	}
	device, err := webcam.Open(d.ID)
	if err != nil {
		return nil, cameraError(d.Name, err)
	}
	decode, err := startCamera(device, size, rate)
	if err != nil {
		_ = device.Close() // the error before says more
		return nil, cameraError(d.Name, err)
	}
	return newCamera(d.Name, device, decode, freed), nil
}

func newCamera(name string, d driver, decode func(*image.YCbCr, []byte) error, freed func()) *camera {
	c := &camera{
		name: name, driver: d, decode: decode,
		asked: make(chan struct{}), taken: make(chan taken, 1), turn: newTurn(), freed: freed,
		closed: make(chan struct{}), timer: time.NewTimer(firstStall),
	}
	c.close = sync.OnceValue(c.letGo)
	go c.run()
	return c
}

func findCamera(id string) (media.Device, error) {
	for _, d := range cameras() {
		if d.ID == id || id == "" {
			return d, nil
		}
	}
	return media.Device{}, &media.DeviceError{Kind: media.CameraDevice, Name: id, Fault: media.Missing}
}

// startCamera chooses a mode, starts the stream, and returns what turns its
// frames into pictures.
func startCamera(device *webcam.Webcam, size image.Point, rate int) (func(*image.YCbCr, []byte) error, error) {
	m, err := choose(device, size, rate)
	if err != nil {
		return nil, err
	}
	format, w, h, err := device.SetImageFormat(webcam.PixelFormat(m.format), uint32(m.size.X), uint32(m.size.Y))
	if err != nil {
		return nil, err
	}
	decode := decoder(uint32(format), image.Pt(int(w), int(h)))
	if decode == nil {
		return nil, errors.ErrUnsupported
	}
	_ = device.SetFramerate(float32(rate)) // a wish: many drivers have no say in it
	if err := device.SetBufferCount(4); err != nil {
		return nil, err
	}
	return decode, device.StartStreaming()
}

func choose(device *webcam.Webcam, size image.Point, rate int) (mode, error) {
	var modes []mode
	for f := range device.GetSupportedFormats() {
		for _, s := range device.GetSupportedFrameSizes(f) {
			m := mode{format: uint32(f), size: fit(s, size)}
			for _, r := range device.GetSupportedFramerates(f, uint32(m.size.X), uint32(m.size.Y)) {
				m.rate = max(m.rate, int(r.MaxDenominator/max(r.MaxNumerator, 1)))
			}
			modes = append(modes, m)
		}
	}
	best, ok := nearest(modes, size, rate)
	if !ok {
		return mode{}, errors.ErrUnsupported
	}
	return best, nil
}

// fit is the size within s that is nearest to size.
func fit(s webcam.FrameSize, size image.Point) image.Point {
	bound := func(want int, least, most, step uint32) int {
		v := min(max(want, int(least)), int(most))
		if step > 1 {
			v -= (v - int(least)) % int(step)
		}
		return v
	}
	return image.Pt(
		bound(size.X, s.MinWidth, s.MaxWidth, s.StepWidth),
		bound(size.Y, s.MinHeight, s.MaxHeight, s.StepHeight),
	)
}

// cameraError says why a camera could not be opened, or no more.
func cameraError(name string, err error) error {
	fault := media.Unsupported
	switch {
	case errors.Is(err, unix.EBUSY):
		fault = media.Taken
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENXIO):
		fault = media.Missing
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		fault = media.Refused
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.EIO):
		fault = media.Pulled
	}
	return &media.DeviceError{Kind: media.CameraDevice, Name: name, Fault: fault, Err: err}
}

// Read waits for the next picture. A camera that is silent for four seconds hangs.
func (c *camera) Read() (*image.YCbCr, time.Time, error) {
	c.timer.Reset(firstStall)
	for asked := c.asked; ; asked = nil {
		select {
		case asked <- struct{}{}:
		case t := <-c.taken:
			return &c.picture, t.at, t.err
		case <-c.closed:
			return nil, time.Time{}, ErrClosed
		case <-c.timer.C:
			return nil, time.Time{}, hung(c.name, errHung)
		}
	}
}

// run takes a picture whenever one is asked for, until the camera is closed.
func (c *camera) run() {
	for {
		select {
		case <-c.asked:
		case <-c.closed:
			return
		}
		at, err := c.next()
		select {
		case c.taken <- taken{at, err}:
		case <-c.closed:
			return
		}
	}
}

// next waits for the next picture and decodes it.
func (c *camera) next() (time.Time, error) {
	for {
		err := c.driver.WaitForFrame(1) // without the turn, so that Close need not wait for it
		at := time.Now()
		if ok, err := c.take(err); ok || err != nil {
			return at, err
		}
	}
}

// take decodes the frame that has come, if one has, given how the wait for it
// ended. A frame that is damaged is as none.
func (c *camera) take(waited error) (bool, error) {
	_ = c.turn.take(context.Background()) // it does not end
	defer c.turn.pass()
	select {
	case <-c.closed:
		return false, ErrClosed
	default:
	}
	if _, late := waited.(*webcam.Timeout); late {
		return false, nil
	}
	if waited != nil {
		return false, cameraError(c.name, waited)
	}
	frame, index, err := c.driver.GetFrame()
	if errors.Is(err, unix.EAGAIN) {
		return false, nil
	}
	if err != nil {
		return false, cameraError(c.name, err)
	}
	decoded := c.decode(&c.picture, frame)
	if err := c.driver.ReleaseFrame(index); err != nil {
		return false, cameraError(c.name, err)
	}
	return decoded == nil, nil
}

// Close stops the camera. That it did not stop in time is a [media.Hung]. It
// may be called again.
func (c *camera) Close() error { return c.close() }

func (c *camera) letGo() error {
	close(c.closed)
	return hung(c.name, letGo(func() {
		_ = c.turn.take(context.Background()) // it does not end
		defer c.turn.pass()
		defer c.freed()
		_ = c.driver.Close() // it stops the stream first; a pulled camera cannot
	}))
}
