package relay

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// A Network says where the relay's media goes.
type Network struct {
	Loopback bool       // on this machine only: a rehearsal, a test
	Address  netip.Addr // else: where members reach the relay; if it is this machine's, no other is used
	UDP      string     // the port or range "7882-7885" for media
	TCP      uint16     // the port for media where UDP is blocked; 0 for none
}

// free returns a port that nobody listens on, for TCP and UDP alike.
func free() (uint16, error) {
	for range 16 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("relay: no port: %w", err)
		}
		addr := l.Addr().String()
		u, err := net.ListenPacket("udp", addr)
		_ = l.Close() // it was only to learn the port
		if err != nil {
			continue
		}
		_ = u.Close() // likewise
		return netip.MustParseAddrPort(addr).Port(), nil
	}
	return 0, fmt.Errorf("relay: no port is free")
}

// config returns livekit-server's configuration for an API on api. It is JSON,
// which is YAML. It names a STUN server, the relay itself, because the
// relay tells members to use a public one when none is named. Pictures that
// nobody looks at are sent for a quarter of a second more, not for five.
func (n Network) config(api uint16) (string, error) {
	media := n
	if n.Loopback {
		port, err := free()
		if err != nil {
			return "", err
		}
		media = Network{Address: netip.MustParseAddr("127.0.0.1"), UDP: strconv.Itoa(int(port))}
	}
	type object = map[string]any
	rtc := object{
		"udp_port":        media.UDP,
		"tcp_port":        media.TCP,
		"use_external_ip": false,
		"node_ip":         media.Address.String(),
		"stun_servers":    []string{net.JoinHostPort(media.Address.String(), firstPort(media.UDP))},
	}
	if !n.Loopback && local(n.Address) {
		rtc["ips"] = object{"includes": []string{netip.PrefixFrom(n.Address, n.Address.BitLen()).String()}}
	}
	if n.Loopback {
		rtc["enable_loopback_candidate"] = true
		rtc["interfaces"] = object{"includes": loopbackInterfaces()}
		rtc["ips"] = object{"includes": []string{"127.0.0.1/32"}}
	}
	b, err := json.Marshal(object{
		"port":           api,
		"bind_addresses": []string{"127.0.0.1"},
		"rtc":            rtc,
		"limit":          object{"num_tracks": -1},
		"video":          object{"dynacast_pause_delay": "250ms"},
		"logging":        object{"json": true, "level": "info", "pion_level": "error"},
	})
	return string(b), err
}

// local reports whether an address is one of this machine's, and not of a
// gateway before it.
func local(a netip.Addr) bool {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(own, func(o net.Addr) bool {
		p, err := netip.ParsePrefix(o.String())
		return err == nil && p.Addr().Unmap() == a.Unmap()
	})
}

// firstPort is the first port of a range.
func firstPort(ports string) string {
	for i, r := range ports {
		if r < '0' || r > '9' {
			return ports[:i]
		}
	}
	return ports
}

// loopbackInterfaces are the names of the machine's loopback interfaces.
func loopbackInterfaces() []string {
	all, err := net.Interfaces()
	if err != nil {
		return []string{"lo"}
	}
	var names []string
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			names = append(names, i.Name)
		}
	}
	return names
}
