// What a step in a network of its own may not reach, as nftables rules inside that network.

/// Rules and not routes: a socket that is bound to the interface (SO_BINDTODEVICE, which needs no right) is sent past
/// `prohibit` and `blackhole` routes. They see all but packet sockets, for which a step has no right (CAP_NET_RAW).
struct NetworkRules {
    /// The network between step and NAT: a part of the range for tests of devices (RFC 2544), which hides no host.
    static let between = "198.19.255.0/24"
    /// Where the NAT takes questions for names. It passes them to the host's own server, which may listen on the host's
    /// loopback, and follows its changes.
    static let resolver = "198.19.255.3"

    /// This network, link-local with the clouds' metadata services, multicast, broadcast, the NAT itself, and the
    /// metadata services that have other addresses: Alibaba, Oracle, Azure.
    static let never4 = [
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", between, "100.100.100.200", "192.0.0.192",
        "168.63.129.16",
    ]
    /// All that IPv6 has beside global addresses: loopback, mapped and translated IPv4, the NAT itself, unique local ones
    /// with the metadata services of Amazon and Google, link-local, multicast; and what carries an IPv4 address (Teredo,
    /// 6to4).
    static let never6 = ["::/3", "4000::/2", "8000::/1", "2001::/32", "2002::/16"]

    /// The step's address in the network that slirp4netns always has for IPv6, and its gateway there. There is a route to
    /// global addresses and no other, so that getaddrinfo(3) tries no others first.
    static let address6 = "fd00::100"
    static let gateway6 = "fe80::2"
    static let global6 = (prefix: "2000::", length: CInt(3))

    /// The node's own addresses.
    var node: NodeAddresses
    /// More addresses and networks, as `10.1.0.0/16`.
    var refused: [String] = []

    /// Programs are told at once: a connecting TCP socket takes a reset, but learns of an ICMP answer to its first packet
    /// only a second later. One transaction for nft(8): the rules of before are replaced, or stay when this fails.
    var text: String {
        let refused4 = Self.never4 + node.v4 + refused.filter { !$0.contains(":") }
        let refused6 = Self.never6 + node.v6 + refused.filter { $0.contains(":") }
        return """
            table inet weft
            delete table inet weft
            table inet weft {
                set refused4 {
                    type ipv4_addr; flags interval; auto-merge
                    elements = { \(refused4.joined(separator: ", ")) }
                }
                set refused6 {
                    type ipv6_addr; flags interval; auto-merge
                    elements = { \(refused6.joined(separator: ", ")) }
                }
                chain output {
                    type filter hook output priority 0; policy accept
                    oifname "lo" accept
                    ip daddr \(Self.resolver) meta l4proto { tcp, udp } th dport 53 accept
                    ip daddr @refused4 meta l4proto tcp reject with tcp reset
                    ip daddr @refused4 reject with icmp type admin-prohibited
                    ip6 daddr { fe80::/10, ff02::/16 } meta l4proto ipv6-icmp accept
                    ip6 daddr @refused6 meta l4proto tcp reject with tcp reset
                    ip6 daddr @refused6 reject with icmpv6 type admin-prohibited
                }
            }
            """
    }

    /// An address or network as `text` may stand in a rule.
    static func isNetwork(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { "0123456789abcdefABCDEF.:/".utf8.contains($0) }
    }
}
