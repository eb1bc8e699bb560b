// The keys of a node's config file.

extension KeyTable {
    package static let node = KeyTable(keys: [
        DocumentedKey("name", "a", "Name of this node, as in its certificate."),
        DocumentedKey(
            "zone", "default", "Where the node stands: a rack, a room, a site. Layers come from the own zone first."),
        DocumentedKey("store", "/var/lib/weft", "Folder of layers and caches. No other weft may use it."),

        DocumentedKey("tls", "", "The node's certificate, from `weft ca issue node`. Read again when a file changes."),
        DocumentedKey("tls.certificate", "tls/a.pem", "The certificate, then its authority's."),
        DocumentedKey("tls.key", "tls/a.key", "Its private key; mode 0600."),
        DocumentedKey("tls.authority", "tls/authority.pem", "The mesh's authority: who is believed."),
        DocumentedKey("tls.denied", "tls/denied", "Certificates that are not believed any more. Absent: none."),
        DocumentedKey(
            "tls.authorityKey", "tls/authority.key",
            "The authority's key. With it this node renews the others' certificates; give it to one or two nodes."),

        DocumentedKey("peers", "", "Links to other nodes and clients: HTTP/2, with certificates on both sides."),
        DocumentedKey("peers.listen", "10.0.0.1:5090", "Address to listen at."),
        DocumentedKey(
            "peers.advertise", "10.0.0.1:5090",
            "Address that others call. Absent: `listen`, or the node's name when that is 0.0.0.0 or [::]."),
        DocumentedKey(
            "peers.join", "[10.0.0.2:5090, 10.0.0.3:5090]",
            "Some nodes of the mesh; the first that answers tells of the others. Empty: this node begins a mesh."),

        DocumentedKey("registry", "", "The registry that this node is: for docker, podman, skopeo, and as a mirror."),
        DocumentedKey(
            "registry.listen", "127.0.0.1:5080", "Address to listen at; elsewhere than on 127.0.0.1 it speaks TLS."),
        DocumentedKey("registry.advertise", "a.example.com:5080", "Address in answers to clients. Absent: `listen`."),
        DocumentedKey("registry.tls", "", "A certificate that docker believes. Absent: the node's own."),
        DocumentedKey("registry.tls.certificate", "tls/registry.pem", "The certificate, then those above it."),
        DocumentedKey("registry.tls.key", "tls/registry.key", "Its private key; mode 0600."),
        DocumentedKey("registry.auth", "", "Who gets in. Certificates of the mesh always do."),
        DocumentedKey(
            "registry.auth.anonymousPull", "true",
            "Whether people without a name may pull. Absent: true on 127.0.0.1, false elsewhere."),
        DocumentedKey(
            "registry.auth.users", "users", "File of names and tokens, as `weft ca token` writes it. Absent: none."),
        DocumentedKey("registry.push", "", "Who may push where. Absent: nobody."),
        DocumentedKey("registry.push[].repos", "['shop/**']", "Patterns of repos: `*` is one level, `**` all below."),
        DocumentedKey(
            "registry.push[].who", "['class:ci', 'user:ann']",
            "Of these: user:NAME, client:NAME, node:NAME, class:NAME."),
        DocumentedKey("registry.pull", "", "Who may pull what. Absent: everyone who got in, everything."),
        DocumentedKey("registry.pull[].repos", "['**']", "Patterns of repos, as for push."),
        DocumentedKey("registry.pull[].who", "[anyone]", "As for push, and `anyone`: everyone who got in."),
        DocumentedKey("registry.upstreams", "", "Registries that this node fetches from, and keeps what it fetched."),
        DocumentedKey("registry.upstreams[].name", "docker.io", "Name under which clients ask for it."),
        DocumentedKey("registry.upstreams[].url", "https://registry-1.docker.io", "Where it is; a path may follow."),
        DocumentedKey("registry.upstreams[].allow", "['library/**']", "Patterns of repos that may be fetched."),

        DocumentedKey("capacity", "", "What builds may take of this host."),
        DocumentedKey("capacity.slots", "4", "Stages that run at once. Absent: as many as cores."),
        DocumentedKey("capacity.transfers", "16", "Layers that come and go at once."),
        DocumentedKey("capacity.memory", "12GiB", "Memory of all stages together. Absent: four fifths of the host's."),
        DocumentedKey("capacity.disk", "200GiB", "Size of the store; the least used goes first. Absent: no bound."),
        DocumentedKey("capacity.reserve", "5GiB", "Space on the store's file system that is always left free."),

        DocumentedKey("classes", "", "Classes of builds, and what each may. Absent: `default`, which may publish all."),
        DocumentedKey("classes[].name", "default", "As in clients' certificates."),
        DocumentedKey(
            "classes[].network", "nat", "Of stages: nat (the outside, not this host), host (all), none."),
        DocumentedKey(
            "classes[].publish", "['**']",
            "Repos that its builds may publish to: shop/** in any registry, or registry.example.com/shop/**. Absent: none."
        ),
        DocumentedKey("classes[].memory", "4GiB", "Memory of one stage. Absent: `capacity.memory`."),
        DocumentedKey("classes[].processes", "4096", "Processes of one stage."),
        DocumentedKey("classes[].time", "1h", "Longest time of one stage."),
        DocumentedKey(
            "classes[].reuse", "[]", "Classes whose stages its builds may reuse, besides its own."),

        DocumentedKey(
            "ledger", "",
            "Who agrees on what was published: the same `voters` in all nodes' configs. Absent: nobody does."),
        DocumentedKey(
            "ledger.voters", "[a, b, c]",
            "Names of the 1, 3, 5 or 7 nodes that keep it, with etcd; a majority has to live."),
        DocumentedKey(
            "ledger.listen", "10.0.0.1:5095",
            "Voters only: where the others' etcd calls; all use the same port. Absent: the host of `peers.listen`, 5095."
        ),
        DocumentedKey(
            "ledger.client", "127.0.0.1:5096", "Voters only: where this node's own etcd answers it, on this host alone."
        ),
        DocumentedKey(
            "ledger.data", "/var/lib/weft/ledger", "Voters only: etcd's folder. Absent: `ledger` in the store."),
        DocumentedKey("ledger.certificate", "ledger.pem", "Of the ledger's own authority, as `weft ca init` makes it."),
        DocumentedKey("ledger.key", "ledger.key", "Its private key; mode 0600."),
        DocumentedKey("ledger.authority", "ledger-authority.pem", "The ledger's authority; not the mesh's."),
        DocumentedKey("ledger.quota", "4GiB", "Voters only: size of etcd's database at which it takes no more."),
        DocumentedKey(
            "ledger.etcd", "",
            "In place of `voters`: an etcd that is there, spoken to by this node for others, as in [https://10.0.0.9:2379]."
        ),
        DocumentedKey("ledger.prefix", "", "With `etcd`: of all its keys. Absent: weft/."),

        DocumentedKey("metrics", "", "Numbers for Prometheus, at /metrics; and /health."),
        DocumentedKey("metrics.listen", "127.0.0.1:5070", "Address to listen at. Absent: nowhere."),
        DocumentedKey("log", "", "What the node says on standard error."),
        DocumentedKey("log.level", "info", "One of debug, info, warning, error."),
        DocumentedKey("log.format", "text", "text for people, json for programs."),
        DocumentedKey("drainTimeout", "60s", "After SIGTERM: how long running stages may take to end."),
    ])
}
