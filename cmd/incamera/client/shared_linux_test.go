package client

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2/app"

	"incamera/cmd/incamera/rehearsal"
	"incamera/cmd/seat"
	"incamera/identity/identitytest"
	"incamera/identity/identitytest/house"
	"incamera/identity/trust"
	"incamera/media"
	"incamera/media/device"
	"incamera/media/engine"
	"incamera/media/mediatest"
	"incamera/sitting"
	"incamera/sitting/service"
	"incamera/sitting/service/delivery"
	"incamera/sitting/service/relay"
	"incamera/sitting/wire"
	"incamera/ui"
)

// A shared machine, for real: a client in a process and a window of its own,
// with the service and its relay in the test's. What the members are known by
// is searched for in the client's memory while they sit, where it has to be
// found, and after they have gone, where it must not: in memory, on the disk,
// in the log, in titles, on the clipboard.

const asChild = "INCAMERA_SHARED_PC"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		os.Exit(live())
	}
	os.Exit(m.Run())
}

// A script is what the client's process is told on its standard input.
type script struct {
	Service string
	Anchors []byte
	Cards   []scriptCard // none: nobody comes
}

type scriptCard struct {
	Certificate, Key []byte // DER
	PIN              string
}

const patience = 90 * time.Second

// live is one life of the client. Like the program itself, it ends when the
// last member has gone, and begins anew in the same process.
func live() int {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	in := json.NewDecoder(os.Stdin)
	say("born")
	var s script
	if err := in.Decode(&s); err != nil {
		return fail(err)
	}
	c, cards, err := s.client(ctx)
	if err != nil {
		return fail(err)
	}
	played := make(chan struct{})
	go func() {
		defer close(played)
		if err := s.play(c, cards, in); err != nil {
			fail(err)
			os.Exit(1)
		}
	}()
	c.run(end)
	if !c.next.Load() {
		return 0
	}
	<-played
	return fail(syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
}

func say(words ...any) { fmt.Println(words...) }

func fail(err error) int {
	say("failed:", err)
	return 1
}

func (s *script) client(ctx context.Context) (*client, []*identitytest.Card, error) {
	anchors, err := trust.LoadAnchors(s.Anchors)
	if err != nil {
		return nil, nil, err
	}
	var cards []*identitytest.Card
	for n, sc := range s.Cards {
		cert, err := x509.ParseCertificate(sc.Certificate)
		if err != nil {
			return nil, nil, err
		}
		key, err := x509.ParsePKCS8PrivateKey(sc.Key)
		if err != nil {
			return nil, nil, err
		}
		cards = append(cards, identitytest.NewCard(identitytest.Config{
			Key: key.(crypto.Signer), Certificate: cert, PIN: sc.PIN, Reader: fmt.Sprint("reader ", n),
		}))
	}
	rack := NewRack(device.New(), seat.None, seat.None, seat.None)
	if len(cards) > 0 {
		rack.chosen[media.CameraDevice] = rehearsal.Pattern
		rack.instead = func(context.Context) (engine.PictureSource, error) {
			return mediatest.NewCamera(mediatest.NewPattern(image.Pt(320, 180), 0), 5), nil
		}
	}
	return newClient(ctx, Options{
		App: app.NewWithID(AppID), Window: ui.Options{House: sitting.Names{"": "Test House"}}, Rack: rack, Shared: true,
		Readers: identitytest.NewReaders(cards...),
		Seat: seat.Options{
			Service: s.Service, Anchors: anchors, Loopback: true,
			Log: NewLog(os.Stderr, slog.LevelDebug, true),
		},
	}), cards, nil
}

// play does what the members would, each step when the test says so.
func (s *script) play(c *client, cards []*identitytest.Card, in *json.Decoder) error {
	if len(cards) == 0 {
		time.Sleep(2 * time.Second) // for the window to draw what it draws
		say("empty", c.o.App.Clipboard().Content())
		return nil
	}
	c.signIn(cards[0], typist(s.Cards[0].PIN))
	v := c.await()
	c.check(v, v.invited[0])
	c.sit(v, v.invited[0])
	table, err := c.sits(1)
	if err != nil {
		return err
	}
	table.join(cards[1], typist(s.Cards[1].PIN))
	if _, err := c.sits(2); err != nil {
		return err
	}
	table.Turn(table.places[1].i.Me.ID)
	c.o.App.Clipboard().SetContent(string(v.invited[0].Me.ID))
	stopped := table.places[1].seat
	say("sit")
	for step := ""; ; {
		if err := in.Decode(&step); err != nil {
			return err
		}
		began := time.Now()
		switch step {
		case "first out":
			cards[0].Pull()
			if _, err := c.sits(1); err != nil {
				return err
			}
			say("one", table.places[0].i.Me.ID, table.room.Shows())
		case "last out":
			cards[1].Pull()
			<-c.ctx.Done()
			say("took", "capture stopped after", stopped.CaptureStopped().Sub(began), "window closed after", time.Since(began))
			return nil
		}
	}
}

// sits waits until n members have a seat and its keys.
func (c *client) sits(n int) (*table, error) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		c.mu.Lock()
		t := c.table
		c.mu.Unlock()
		if t == nil {
			continue
		}
		t.mu.Lock()
		ready := len(t.places) == n && t.shown != nil
		for _, p := range t.places {
			v := p.seat.Session.State()
			ready = ready && v.Epoch != nil && len(v.Epoch.Leaves) == n
		}
		t.mu.Unlock()
		if ready {
			return t, nil
		}
	}
	return nil, fmt.Errorf("%d members do not sit", n)
}

// member is one of those who come and go.
type member struct {
	card    scriptCard
	roster  sitting.Member
	markers map[string][]byte
}

// marked issues a card whose holder has names like nobody else.
func marked(t *testing.T, h *house.House, n int) member {
	t.Helper()
	odd := make([]byte, 6)
	_, _ = rand.Read(odd) // never fails
	name := "Marker " + hex.EncodeToString(odd)
	cert, key, err := h.IssueCard(house.Person{Common: name})
	check(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	pin := fmt.Sprintf("%08d", 10000000*(n+3)+int(odd[0])<<12+int(odd[1]))
	id := sitting.MemberID("id-" + hex.EncodeToString(odd[:5]))
	return member{
		card:   scriptCard{cert.Raw, der, pin},
		roster: sitting.Member{ID: id, Name: name, Role: sitting.RoleMember, Cards: trust.Names(cert)[:1]},
		markers: map[string][]byte{
			"name": []byte(name), "id": []byte(id), "certificate": cert.Raw[len(cert.Raw)-48:], "PIN": []byte(pin),
		},
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSharedMachineForgets(t *testing.T) {
	h, err := house.New(house.Options{Name: "Test House", At: time.Now().AddDate(0, 0, -1)})
	check(t, err)
	members := []member{marked(t, h, 0), marked(t, h, 1)}
	address := serve(t, h, members)
	disk := t.TempDir()
	p := start(t, disk)
	p.tell(script{address, h.AnchorsPEM(), []scriptCard{members[0].card, members[1].card}})
	p.until("sit")
	for n, m := range members {
		for what, bytes := range m.markers {
			if what != "PIN" && !p.remembers(bytes) {
				t.Errorf("the %s of member %d is not found while the member sits: the search finds nothing", what, n)
			}
		}
	}
	p.looks(members, "while they sit")
	p.tell("first out")
	if said := p.until("one"); said != string(members[1].roster.ID)+" true" {
		t.Errorf("after the first card was pulled there sits %q", said)
	}
	p.tell("last out")
	t.Log(p.until("took"))
	p.until("born")
	p.tell(script{address, h.AnchorsPEM(), nil})
	if held := p.until("empty"); held != "" {
		t.Errorf("the clipboard holds %q", held)
	}
	p.looks(members, "afterwards")
	for n, m := range members {
		for what, bytes := range m.markers {
			if p.remembers(bytes) {
				t.Errorf("the new process knows the %s of member %d", what, n)
			}
		}
	}
	p.stop()
	searchDisk(t, disk, members)
}

// serve runs the service of a sitting with members, whose files are elsewhere.
func serve(t *testing.T, h *house.House, members []member) string {
	t.Helper()
	clerk, key, err := h.IssueCard(house.Person{Common: "Clerk"})
	check(t, err)
	now := time.Now()
	order := &sitting.Order{
		House: sitting.Names{"": h.Name()}, Sitting: "budget", Title: map[string]string{"en": "A sitting"}, Kind: sitting.Public,
		Languages: []string{"en"}, Suite: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		Opens: now.Add(-time.Minute), Closes: now.Add(2 * time.Hour),
		Roster: []sitting.Member{{ID: "clerk", Name: "Clerk", Role: sitting.RoleClerk, Cards: trust.Names(clerk)[:1]}},
	}
	for _, m := range members {
		order.Roster = append(order.Roster, m.roster)
	}
	order.Roster[1].Role = sitting.RoleChair
	signed, err := wire.SignOrder(order, key, [][]byte{clerk.Raw})
	check(t, err)
	orders := t.TempDir()
	check(t, os.WriteFile(filepath.Join(orders, "budget.order"), signed, 0o600))
	cert, err := h.ServerCertificate("127.0.0.1")
	check(t, err)
	return listen(t, h, cert, orders)
}

func listen(t *testing.T, h *house.House, cert tls.Certificate, orders string) string {
	t.Helper()
	anchors, err := trust.LoadAnchors(h.AnchorsPEM())
	check(t, err)
	binary, err := filepath.Abs("../../../bin/livekit-server")
	check(t, err)
	if other := os.Getenv("INCAMERA_RELAY"); other != "" {
		binary = other
	}
	s, err := service.Open(t.Context(), service.Config{
		Certificate: cert, Anchors: anchors, Orders: orders, Now: time.Now, Delivery: delivery.Options{Dir: t.TempDir()},
		Log: slog.New(slog.DiscardHandler), Relay: service.Relay{Binary: binary, Network: relay.Network{Loopback: true}},
	})
	check(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	ready := make(chan struct{})
	s.Ready = func() { close(ready) }
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := s.Serve(ctx, l); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wait.Wait() })
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatal("the service is not ready")
	}
	return l.Addr().String()
}

// A process is the client's.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	in      *json.Encoder
	lines   chan string
	display string
	stop    func()
}

// start starts the client on a screen of its own, with all that it may write on disk.
func start(t *testing.T, disk string) *process {
	t.Helper()
	p := &process{t: t, display: screen(t), lines: make(chan string)}
	log, err := os.Create(filepath.Join(disk, "log"))
	check(t, err)
	p.cmd = exec.Command("/proc/self/exe")
	p.cmd.Dir, p.cmd.Stderr = disk, log
	p.cmd.Env = []string{asChild + "=1", "DISPLAY=" + p.display, "PATH=" + os.Getenv("PATH"), "LIBGL_ALWAYS_SOFTWARE=1"}
	for _, name := range []string{"HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"} {
		p.cmd.Env = append(p.cmd.Env, name+"="+disk)
	}
	in, err := p.cmd.StdinPipe()
	check(t, err)
	out, err := p.cmd.StdoutPipe()
	check(t, err)
	p.in = json.NewEncoder(in)
	check(t, p.cmd.Start())
	go p.read(out)
	p.stop = sync.OnceFunc(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		for range p.lines {      // until its output ends
		}
		_ = p.cmd.Wait()
		_ = log.Close()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("the client's log:\n%s", text)
		}
	})
	t.Cleanup(p.stop)
	p.until("born")
	return p
}

func (p *process) read(out io.Reader) {
	defer close(p.lines)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		p.lines <- lines.Text()
	}
}

func (p *process) tell(what any) {
	p.t.Helper()
	check(p.t, p.in.Encode(what))
}

// until waits for a line that begins with a word, and returns the rest of it.
func (p *process) until(word string) string {
	p.t.Helper()
	late := time.After(2 * patience)
	for {
		select {
		case line, ok := <-p.lines:
			if rest, is := strings.CutPrefix(line, word); is {
				return strings.TrimSpace(rest)
			}
			if !ok || strings.HasPrefix(line, "failed") {
				p.t.Fatalf("before %q the client ended: %s", word, line)
			}
		case <-late:
			p.t.Fatalf("the client does not say %q", word)
		}
	}
}

// remembers searches the process's memory.
func (p *process) remembers(what []byte) bool {
	p.t.Helper()
	pid := p.cmd.Process.Pid
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	check(p.t, err)
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	check(p.t, err)
	defer func() { _ = mem.Close() }() // it was only read
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || mode[0] != 'r' || mode[1] != 'w' {
			continue
		}
		part := make([]byte, to-from)
		n, _ := mem.ReadAt(part, from) // what is not there holds nothing
		if bytes.Contains(part[:n], what) {
			return true
		}
	}
	return false
}

// looks at the titles of all windows.
func (p *process) looks(members []member, when string) {
	p.t.Helper()
	ask := func(args ...string) string {
		cmd := exec.Command("xdotool", args...)
		cmd.Env = []string{"DISPLAY=" + p.display}
		out, err := cmd.Output()
		if err != nil {
			p.t.Fatalf("xdotool %v: %v", args, err)
		}
		return string(out)
	}
	titles := ""
	for id := range strings.FieldsSeq(ask("search", "--name", ".+")) {
		titles += ask("getwindowname", id)
	}
	if !strings.Contains(titles, "Incamera") {
		p.t.Errorf("%s there is no window but %q", when, titles)
	}
	for n, m := range members {
		for what, bytes := range m.markers {
			if strings.Contains(titles, string(bytes)) {
				p.t.Errorf("%s a title shows the %s of member %d: %q", when, what, n, titles)
			}
		}
	}
}

// screen starts an X server and returns its name.
func screen(t *testing.T) string {
	t.Helper()
	read, write, err := os.Pipe()
	check(t, err)
	t.Cleanup(func() { _ = read.Close() }) // it was only read
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-noreset", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write}
	check(t, cmd.Start())
	check(t, write.Close())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // it has been told to end
	})
	number, err := bufio.NewReader(read).ReadString('\n') // it goes down if nobody reads all of it
	check(t, err)
	return ":" + strings.TrimSpace(number)
}

// searchDisk looks into everything that the client may have written.
func searchDisk(t *testing.T, disk string, members []member) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(disk, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		for n, m := range members {
			for what, marker := range m.markers {
				if bytes.Contains(text, marker) || strings.Contains(path, string(marker)) {
					t.Errorf("%s holds the %s of member %d", path, what, n)
				}
			}
		}
		return err
	})
	check(t, err)
	if files == 0 {
		t.Error("the client wrote nothing at all, not even its log")
	}
}
