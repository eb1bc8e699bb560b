// Prints how membership does as the mesh grows, as tables and a picture: MembershipTable [--quick] [--sizes 10,100] [--picture FILE].
import Foundation
import Membership
import MembershipSimulation

@main
struct MembershipTable {
    static func main() throws {
        let options = Options(CommandLine.arguments.dropFirst())
        say("Growth: no faults but \(options.kills) nodes killed one after the other; seconds are virtual.\n")
        say(GrowthRow.header)
        var rows: [GrowthRow] = []
        for size in options.sizes {
            for usesLifeguard in [true, false] {
                let row = GrowthRow(size: size, usesLifeguard: usesLifeguard, kills: options.kills)
                say(row.line)
                if usesLifeguard { rows.append(row) }
            }
        }
        if let file = options.picture {
            try Picture(rows).svg.write(toFile: file, atomically: true, encoding: .utf8)
        }
        say("\nFalse deaths: \(options.seconds) s, nobody dies.\n")
        say(FaultRow.header)
        for size in options.sizes {
            for fault in Fault.all where fault.percent <= options.percentMax {
                say(FaultRow(size: size, fault: fault, seconds: options.seconds).line)
            }
        }
    }
}

struct Options {
    var sizes = [10, 30, 100, 300, 1000, 3000, 5000]
    var kills = 5
    var seconds = 120
    /// Faults of more percent are left out: the news of 20 % of 5,000 nodes takes an hour to simulate.
    var percentMax = 20
    var picture: String?

    init(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        while let argument = rest.next() {
            switch argument {
            case "--quick": (sizes, kills, seconds) = ([10, 30, 100], 2, 60)
            case "--sizes": sizes = (rest.next() ?? "").split(separator: ",").compactMap { Int($0) }
            case "--kills": kills = rest.next().flatMap { Int($0) } ?? kills
            case "--seconds": seconds = rest.next().flatMap { Int($0) } ?? seconds
            case "--percent-max": percentMax = rest.next().flatMap { Int($0) } ?? percentMax
            case "--growth-only": percentMax = -1
            case "--picture": picture = rest.next()
            default:
                print(
                    "MembershipTable [--quick] [--sizes 10,100] [--kills N] [--seconds N] [--percent-max N] [--growth-only] [--picture FILE]"
                )
                exit(2)
            }
        }
    }
}

extension [Double] {
    var median: Double { isEmpty ? .nan : sorted()[count / 2] }
}

func text(_ value: Double, digits: Int = 1) -> String {
    value.isNaN ? "none" : String(format: "%.\(digits)f", value)
}

/// A line at once, so that a long run shows how far it is.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
