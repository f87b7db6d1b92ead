package device

import (
	"cmp"
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

// A camera is an open V4L2 device.
type camera struct {
	name   string
	device *webcam.Webcam
	decode func(dst *image.YCbCr, frame []byte) error

	mu     sync.Mutex // held while a frame is copied, and while the camera stops
	closed chan struct{}
	shut   sync.Once

	picture image.YCbCr // owned by the goroutine that reads
}

// openCamera opens the camera with this id.
func openCamera(id string, size image.Point, rate int) (PictureSource, error) {
	d, err := findCamera(id)
	if err != nil {
		return nil, err
	}
	device, err := webcam.Open(d.ID)
	if err != nil {
		return nil, cameraError(d.Name, err)
	}
	c := &camera{name: d.Name, device: device, closed: make(chan struct{})}
	if err := c.start(size, rate); err != nil {
		_ = device.Close() // the error before says more
		return nil, cameraError(d.Name, err)
	}
	return c, nil
}

func findCamera(id string) (media.Device, error) {
	for _, d := range cameras() {
		if d.ID == id || id == "" {
			return d, nil
		}
	}
	return media.Device{}, &media.DeviceError{Kind: media.CameraDevice, Name: id, Fault: media.Missing}
}

// start chooses a mode and starts the stream.
func (c *camera) start(size image.Point, rate int) error {
	m, err := c.choose(size, rate)
	if err != nil {
		return err
	}
	format, w, h, err := c.device.SetImageFormat(webcam.PixelFormat(m.format), uint32(m.size.X), uint32(m.size.Y))
	if err != nil {
		return err
	}
	c.decode = decoder(uint32(format), image.Pt(int(w), int(h)))
	if c.decode == nil {
		return errors.ErrUnsupported
	}
	_ = c.device.SetFramerate(float32(rate)) // a wish: many drivers have no say in it
	if err := c.device.SetBufferCount(4); err != nil {
		return err
	}
	return c.device.StartStreaming()
}

func (c *camera) choose(size image.Point, rate int) (mode, error) {
	var modes []mode
	for f := range c.device.GetSupportedFormats() {
		for _, s := range c.device.GetSupportedFrameSizes(f) {
			m := mode{format: uint32(f), size: fit(s, size)}
			for _, r := range c.device.GetSupportedFramerates(f, uint32(m.size.X), uint32(m.size.Y)) {
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
	within := func(want int, least, most, step uint32) int {
		v := min(max(want, int(least)), int(most))
		if step > 1 {
			v -= (v - int(least)) % int(step)
		}
		return v
	}
	return image.Pt(
		within(size.X, s.MinWidth, s.MaxWidth, s.StepWidth),
		within(size.Y, s.MinHeight, s.MaxHeight, s.StepHeight),
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

// Read waits for the next picture. A camera that is silent for four seconds has gone.
func (c *camera) Read() (*image.YCbCr, time.Time, error) {
	began := time.Now()
	for {
		err := c.device.WaitForFrame(1) // outside mu, so that Close need not wait for it
		at := time.Now()
		ok, err := c.take(err)
		switch {
		case err != nil:
			return nil, time.Time{}, err
		case ok:
			return &c.picture, at, nil
		case at.Sub(began) > stall:
			return nil, time.Time{}, &media.DeviceError{Kind: media.CameraDevice, Name: c.name, Fault: media.Pulled}
		}
	}
}

// take decodes the frame that has come, if one has, given how the wait for it
// ended. A frame that is damaged is as none.
func (c *camera) take(waited error) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	frame, index, err := c.device.GetFrame()
	if errors.Is(err, unix.EAGAIN) {
		return false, nil
	}
	if err != nil {
		return false, cameraError(c.name, err)
	}
	decoded := c.decode(&c.picture, frame)
	if err := c.device.ReleaseFrame(index); err != nil {
		return false, cameraError(c.name, err)
	}
	return decoded == nil, nil
}

// Close stops the camera. It may be called again.
func (c *camera) Close() error {
	c.shut.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(c.closed)
		_ = c.device.Close() // it stops the stream first; a pulled camera cannot
	})
	return nil
}
