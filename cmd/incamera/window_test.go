package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"incamera/cmd/seat"
	"incamera/identity/identitytest/house"
	"incamera/identity/policy"
	"incamera/ui/settings"
)

// A set is a House, its card, and what a policy makes of the client's options.
func set(t *testing.T, h *house.House, values map[string]any) (*policy.Policy, seat.Options, error) {
	t.Helper()
	all := map[string]any{"anchors": string(h.AnchorsPEM()), "services": []any{"house.example"}}
	for key, v := range values {
		all[key] = v
	}
	p, err := policy.Read(policy.Source{Name: "House IT", Values: all})
	if err != nil {
		t.Fatal(err)
	}
	o, err := options(p, "", "")
	return p, o, err
}

// Each key of the policy has its effect on what the client is built of. Those
// that are obeyed elsewhere say where that is tested.
func TestEachKeyIsObeyed(t *testing.T) {
	h, err := house.New(house.Options{At: time.Now().AddDate(0, 0, -1)})
	if err != nil {
		t.Fatal(err)
	}
	other, err := house.New(house.Options{Name: "Other", At: time.Now().AddDate(0, 0, -1)})
	if err != nil {
		t.Fatal(err)
	}
	card, _, err := h.IssueCard(house.Person{Common: "A. Tremblay"})
	if err != nil {
		t.Fatal(err)
	}
	good := func(o seat.Options) bool {
		_, err := o.Anchors.Verify([][]byte{card.Raw}, time.Now())
		return err == nil
	}
	cases := map[string]struct {
		value any
		obeys func(*policy.Policy, seat.Options) bool // false where nothing is set
	}{
		"anchors":     {string(other.AnchorsPEM()), func(_ *policy.Policy, o seat.Options) bool { return !good(o) }},
		"services":    {[]any{"else.example:9"}, func(_ *policy.Policy, o seat.Options) bool { return o.Service == "else.example:9" }},
		"policy_oids": {[]any{"1.2.3"}, func(_ *policy.Policy, o seat.Options) bool { return !good(o) }},
		"suites":      {[]any{policy.Keys[3].Choices[0]}, func(_ *policy.Policy, o seat.Options) bool { return !o.Suite(policy.Keys[3].Choices[1]) }},
		"relay_addresses": {[]any{"192.0.2.0/24"}, func(_ *policy.Policy, o seat.Options) bool {
			return slices.Equal(o.Ranges, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")})
		}}, // relay: TestRanges
		"shared": {true, func(p *policy.Policy, o seat.Options) bool {
			m, err := remember(t.Context(), p, o, false)
			return m == nil && err == nil
		}}, // client: TestSharedMachineForgets
		"revocation":          {"off", func(_ *policy.Policy, o seat.Options) bool { return o.Revocation == nil }}, // seat: TestClientLooksCardsUp
		"revocation_interval": {"4m", func(_ *policy.Policy, o seat.Options) bool { return o.Every == 2*time.Minute }},
		"attestation":         {"require", func(_ *policy.Policy, o seat.Options) bool { return !good(o) }},
		"attesters":           {string(other.AnchorsPEM()), func(p *policy.Policy, _ seat.Options) bool { return len(p.Attesters) > 0 }}, // trust: TestDecided
		"features_off":        {[]any{"camera"}, func(_ *policy.Policy, o seat.Options) bool { return o.NoPicture }},
		"log_level":           {"error", func(_ *policy.Policy, o seat.Options) bool { return !o.Log.Enabled(t.Context(), 4) }},
		"language":            {"fr", func(p *policy.Policy, _ seat.Options) bool { return p.Language == "fr" }}, // ui: TestPolicyTakesTheChoice
	}
	for _, key := range policy.Keys {
		c, ok := cases[key.Name]
		if !ok {
			t.Errorf("%s: nobody obeys it", key.Name)
			continue
		}
		p, o, err := set(t, h, map[string]any{key.Name: c.value})
		if err != nil || !c.obeys(p, o) {
			t.Errorf("%s = %v: it is not obeyed, %v", key.Name, c.value, err)
		}
		if p, o, err := set(t, h, nil); err != nil || c.obeys(p, o) {
			t.Errorf("%s: it is obeyed though nobody has set it, %v", key.Name, err)
		}
		i := slices.IndexFunc(shown(p), func(r settings.Rule) bool { return r.Key == places[key.Name] && r.By == "House IT" && r.Value != "" })
		if _, placed := places[key.Name]; !placed || i < 0 {
			t.Errorf("%s: the window does not show that it is set, and by whom", key.Name)
		}
	}
}

// Each feature that is switched off is off: rehearsals, and files as devices in
// them, in the command; the others in the window's options and in the seat's.
func TestFeaturesOff(t *testing.T) {
	h, err := house.New(house.Options{At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for feature, off := range map[policy.Feature]func(*policy.Policy, seat.Options) bool{
		policy.Camera:    func(_ *policy.Policy, o seat.Options) bool { return o.NoPicture },
		policy.Details:   func(p *policy.Policy, _ seat.Options) bool { return windowOptions(p).NoDetails },
		policy.ChangePIN: func(p *policy.Policy, _ seat.Options) bool { return windowOptions(p).KeepPINs },
		policy.Rehearsal: func(p *policy.Policy, _ seat.Options) bool { return mayRehearse(p, rehearseFlags{}) != nil },
		policy.FileDevices: func(p *policy.Policy, _ seat.Options) bool {
			return mayRehearse(p, rehearseFlags{camera: "x.y4m"}) != nil
		},
	} {
		p, o, err := set(t, h, map[string]any{"features_off": []any{string(feature)}})
		if err != nil || !off(p, o) {
			t.Errorf("%s is not off, %v", feature, err)
		}
		if p, o, err := set(t, h, nil); err != nil || off(p, o) {
			t.Errorf("%s is off by itself, %v", feature, err)
		}
	}
}

// What policy sets, the command line does not change.
func TestPolicyGoesFirst(t *testing.T) {
	h, err := house.New(house.Options{At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := set(t, h, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := options(p, "other.example:8443", ""); err == nil || !strings.Contains(err.Error(), "House IT") {
		t.Errorf("another service: %v", err)
	}
	if _, err := options(p, "", "/nowhere.pem"); err != nil {
		t.Errorf("anchors of the command line are looked at: %v", err)
	}
	empty, err := policy.Read()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := options(empty, "house.example:8443", "/nowhere.pem"); err == nil {
		t.Error("no anchors at all")
	}
}

// What is missing in the memory's system does not keep anybody out.
func TestRememberWithoutAKeyring(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	h, err := house.New(house.Options{At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	p, o, err := set(t, h, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := remember(t.Context(), p, o, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
