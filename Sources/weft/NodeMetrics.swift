// Numbers of a node for Prometheus, and whether it is well: plain HTTP on an address of its own.
import Availability
import HTTPMessages
import HTTPTypes
import Membership
import Mesh
import Peering
import RegistryServer
import Transport

struct NodeMetrics: HTTPService {
    /// Where the numbers come from.
    struct Sources: Sendable {
        let card: @Sendable () -> NodeCard
        let rows: @Sendable () -> [Swim.Row]
        let member: Member
        let availability: AvailabilityKeeper
        let calls: CallCounts
        let claims: ClaimKeeper
        let verdicts: StepVerdicts
        let layers: PeerLayers
        let registry: RegistryService
        let traffic: @Sendable () -> [(listener: String, traffic: Traffic)]
        /// Unix seconds.
        let certificateEnd: @Sendable () -> Int64
    }

    let sources: Sources

    func answer(_ request: ServedRequest) async -> ServedResponse {
        switch request.path {
        case "/health": return Self.text(.ok, sources.card().isDraining ? "draining\n" : "ok\n")
        case "/metrics": return Self.text(.ok, await page())
        default: return Self.text(.notFound, "there are /metrics and /health\n")
        }
    }

    private static func text(_ status: HTTPResponse.Status, _ text: String) -> ServedResponse {
        var head = HTTPResponse(status: status)
        head.headerFields[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
        return ServedResponse(head, body: .bytes(Array(text.utf8)))
    }

    private func page() async -> String {
        var page = MetricsPage()
        addWork(to: &page)
        await addMembers(to: &page)
        await addAvailability(to: &page)
        addCalls(to: &page)
        addClaims(to: &page)
        addBytes(to: &page)
        return page.text
    }

    private func addWork(to page: inout MetricsPage) {
        let card = sources.card()
        page.gauge("weft_slots", "Stages that may run at once.", Double(card.slots))
        page.gauge("weft_stages_running", "Stages that run.", Double(card.running))
        page.gauge("weft_stages_waiting", "Stages that wait for a slot.", Double(card.waiting))
        page.gauge("weft_draining", "1 while the node takes no more work.", card.isDraining ? 1 : 0)
        page.gauge(
            "weft_certificate_end_seconds", "Unix time at which the node's certificate ends.",
            Double(sources.certificateEnd()))
    }

    private func addMembers(to page: inout MetricsPage) async {
        var counts: [String: Int] = ["alive": 0, "suspect": 0, "dead": 0, "left": 0]
        for row in sources.rows() { counts["\(row.state)", default: 0] += 1 }
        for (state, count) in counts.sorted(by: { $0.key < $1.key }) {
            page.gauge("weft_members", "Members by state, this node included.", Double(count), ["state": state])
        }
        let swim = await sources.member.counts
        page.counter("weft_probes_failed_total", "Probes without an answer.", Double(swim.failedProbes))
        page.counter("weft_refutations_total", "Times that this node said that it lives.", Double(swim.refutations))
        page.counter("weft_wrong_signatures_total", "Records that nobody signed.", Double(swim.wrongSignatures))
        page.gauge("weft_local_health", "0: well; more: slow.", Double(await sources.member.localHealth))
        if let offset = await sources.member.clockOffset {
            page.gauge(
                "weft_clock_offset_seconds", "This clock minus the median of its peers'.", Double(offset) / 1_000)
        }
    }

    private func addAvailability(to page: inout MetricsPage) async {
        for row in await sources.availability.answer(AvailabilityQuery(names: [])).rows {
            page.gauge(
                "weft_held_names", "Steps, layers and blobs that a node says to hold.", Double(row.count),
                ["node": row.name])
        }
        let counts = await sources.availability.counts
        page.counter(
            "weft_false_holders_total", "Times that a node did not have what it had said to hold.", Double(counts.lies))
    }

    private func addCalls(to page: inout MetricsPage) {
        let counts = sources.calls.values
        page.counter("weft_calls_total", "Calls of peers, whatever came of them.", Double(counts.calls))
        let refused = [
            "unknown": counts.unknownTargets + counts.unknownActors, "role": counts.refusedCallers,
            "busy": counts.busy, "violation": counts.violations, "unfit": counts.unfitLinks,
        ]
        for (reason, count) in refused.sorted(by: { $0.key < $1.key }) {
            page.counter("weft_calls_refused_total", "Calls and links refused.", Double(count), ["reason": reason])
        }
        let registry = sources.registry.counters
        let answered = registry.answered.sorted { "\($0.key)" < "\($1.key)" }
        for (answer, count) in answered {
            page.counter(
                "weft_registry_requests_total", "Requests to the registry.", Double(count),
                ["kind": answer.kind.rawValue, "status": "\(answer.statusClass)xx"])
        }
        page.counter(
            "weft_registry_refused_total", "Requests without the right, or over a limit.",
            Double(registry.refusedByRights + registry.refusedByLimits))
    }

    private func addClaims(to page: inout MetricsPage) {
        let counts = sources.claims.counts
        let orders = [
            "granted": counts.granted, "unclaimed": counts.unclaimed, "waited": counts.waited, "reused": counts.reused,
        ]
        for (end, count) in orders.sorted(by: { $0.key < $1.key }) {
            page.counter(
                "weft_claims_total", "Stages of this node's orders, by what became of their claims.", Double(count),
                ["end": end])
        }
        page.counter(
            "weft_results_refused_total", "Results of other nodes whose maker nobody vouches for.",
            Double(sources.verdicts.refusedCount))
        let home = [
            "granted": counts.home.granted, "copy": counts.home.copies, "waited": counts.home.waited,
            "shared": counts.home.shared, "registered": counts.home.registered, "rival": counts.home.rivals,
            "died": counts.home.died, "full": counts.home.full,
        ]
        for (word, count) in home.sorted(by: { $0.key < $1.key }) {
            page.counter(
                "weft_home_claims_total", "What this node did as the home of stages.", Double(count), ["word": word])
        }
    }

    private func addBytes(to page: inout MetricsPage) {
        page.counter(
            "weft_layer_bytes_fetched_total", "Bytes of layers that came from peers.",
            Double(sources.layers.fetchedBytes))
        page.counter(
            "weft_arriving_bytes_served_total", "Bytes given to peers from blobs that were still being fetched.",
            Double(sources.layers.arriving.servedBytes))
        for (listener, traffic) in sources.traffic() {
            page.counter(
                "weft_received_bytes_total", "Bytes from the wire.", Double(traffic.bytesIn),
                ["listener": listener])
            page.counter(
                "weft_sent_bytes_total", "Bytes to the wire.", Double(traffic.bytesOut), ["listener": listener])
            page.counter(
                "weft_connections_refused_total", "Connections over a limit, failed handshakes, and those broken off.",
                Double(traffic.refusedConnections + traffic.failedHandshakes + traffic.brokenOff),
                ["listener": listener])
            page.gauge(
                "weft_connections", "Connections that are open.", Double(traffic.openConnections),
                ["listener": listener])
        }
    }
}

/// The text format of Prometheus, 0.0.4: a head for each name, and a line for each set of labels.
struct MetricsPage {
    private var names: [String] = []
    private var heads: [String: String] = [:]
    private var rows: [String: [String]] = [:]

    mutating func gauge(_ name: String, _ help: String, _ value: Double, _ labels: [String: String] = [:]) {
        add(name, help, "gauge", value, labels)
    }

    mutating func counter(_ name: String, _ help: String, _ value: Double, _ labels: [String: String] = [:]) {
        add(name, help, "counter", value, labels)
    }

    private mutating func add(
        _ name: String, _ help: String, _ type: String, _ value: Double, _ labels: [String: String]
    ) {
        if heads[name] == nil {
            names.append(name)
            heads[name] = "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }
        let inner = labels.sorted { $0.key < $1.key }.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        let number = value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
        rows[name, default: []].append(name + (inner.isEmpty ? "" : "{\(inner)}") + " " + number + "\n")
    }

    private static func escaped(_ text: String) -> String {
        text.flatMap { character -> String in
            switch character {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(character)
            }
        }.reduce(into: "") { $0.append($1) }
    }

    var text: String { names.map { (heads[$0] ?? "") + (rows[$0] ?? []).joined() }.joined() }
}
