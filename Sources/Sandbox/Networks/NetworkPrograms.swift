// The programs that make a network: slirp4netns for the NAT, nft for the rules, and two of util-linux.
import Glibc

/// Absolute paths of the programs.
struct NetworkPrograms: Sendable {
    let slirp: String
    let nft: String
    let setpriv: String
    let unshare: String
    let cat: String

    /// Debian keeps 65000 to 65533 free of accounts. What has this id owns nothing and may do nothing on this host.
    static let user = "65533"
    /// The same interface in every step, whatever the host calls its own.
    static let interface = "eth0"

    /// Throws what is missing and how to get it. `searchPath` is PATH.
    init(searchPath: String? = nil, nat: String? = nil) throws {
        func find(_ name: String, _ package: String) throws -> String {
            guard let path = Runtime.find(name, searchPath: searchPath) else {
                throw SandboxError.host(
                    "a network of its own for a step needs \(name), which is not on PATH: apt-get install \(package)")
            }
            return path
        }
        slirp = try nat ?? find("slirp4netns", "slirp4netns")
        nft = try find("nft", "nftables")
        setpriv = try find("setpriv", "util-linux")
        unshare = try find("unshare", "util-linux")
        cat = try find("cat", "coreutils")
    }

    private var asNobody: [String] {
        [setpriv, "--reuid", Self.user, "--regid", Self.user, "--clear-groups"]
    }

    /// Makes a user and a network namespace and stays until its input ends. The right to make them is passed on, as
    /// some hosts forbid user namespaces to those who have none; it does not reach into the new namespace's host.
    var holder: [String] {
        asNobody + [
            "--inh-caps", "-all,+sys_admin", "--ambient-caps", "-all,+sys_admin", unshare, "--user", "--map-root-user",
            "--net", cat,
        ]
    }

    /// Bytes of a packet between step and NAT: the most that slirp4netns takes, as each packet costs it the same.
    private static let packetBytes = 65520

    /// The NAT of the network that the process `holder` is in; it writes a byte to its input when it carries. Nothing
    /// leads in, and its gateway is not the host's loopback. It runs without any right on this host, in the holder's
    /// user namespace, with a root that holds /etc and /run only, and without system calls that start programs. With
    /// `v6` it carries IPv6, too; the addresses of that are not its work.
    ///
    /// Not pasta: that of Debian 12 (2023-03-09) leaves a connection that was refused hanging, takes six times the
    /// memory, and is not faster.
    func nat(of holder: CInt, v6: Bool) -> [String] {
        var nat = [
            slirp, "--configure", "--mtu=\(Self.packetBytes)", "--cidr=\(NetworkRules.between)",
            "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp", "--ready-fd=0",
        ]
        if v6 { nat.append("--enable-ipv6") }
        nat += [String(holder), Self.interface]
        return (Self.isTunnelOpen ? [] : withTunnel) + asNobody + ["--inh-caps", "-all", "--no-new-privs"] + nat
    }

    /// Some hosts keep /dev/net/tun to root. The NAT gets one of its own then, in a mount namespace that it leaves for
    /// its own one right away: nothing is pinned by it.
    private var withTunnel: [String] {
        [
            unshare, "--mount", "--propagation", "slave", "/bin/sh", "-c",
            "mount -t tmpfs -o mode=755 weft /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec \"$@\"", "sh",
        ]
    }

    private static var isTunnelOpen: Bool {
        guard let status = try? Kernel.status("/dev/net/tun", at: Kernel.workingDirectory) else { return false }
        return status.mode & 0o006 == 0o006
    }
}
