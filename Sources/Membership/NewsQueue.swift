// News that still has to be passed on: what was sent least goes first, and refutations don't wait for accusations.

struct NewsQueue: Sendable {
    private var records = NewsLanes()
    private var accusations = NewsLanes()

    var count: Int { records.count + accusations.count }
    var isEmpty: Bool { count == 0 }

    mutating func add(_ item: News) {
        switch item {
        case .record: records.add(item)
        case .accusation: accusations.add(item)
        }
    }

    /// Takes items of at most `bytesMax` bytes together for one packet. What is no longer true is dropped; what was
    /// sent `sendsMax` times, too. Records leave a quarter of the room: deaths are told while thousands join.
    mutating func take(bytesMax: Int, sendsMax: Int, isTrue: (News) -> Bool) -> [News] {
        var room = bytesMax - bytesMax / 4
        var taken = records.take(&room, sendsMax, isTrue)
        room += bytesMax / 4
        taken += accusations.take(&room, sendsMax, isTrue)
        return taken
    }
}

struct NewsLanes: Sendable {
    /// `lanes[n]` holds what was sent n times.
    private var lanes: [[News]] = []
    private(set) var count = 0

    /// When there is no room, what was sent most is dropped.
    mutating func add(_ item: News) {
        if count >= Timing.newsMax, let fullest = lanes.lastIndex(where: { !$0.isEmpty }) {
            lanes[fullest].removeLast()
            count -= 1
        }
        if lanes.isEmpty { lanes.append([]) }
        lanes[0].append(item)
        count += 1
    }

    /// `room`: bytes.
    mutating func take(_ room: inout Int, _ sendsMax: Int, _ isTrue: (News) -> Bool) -> [News] {
        guard count > 0 else { return [] }
        var taken: [News] = []
        var sent: [(lane: Int, item: News)] = []
        for lane in lanes.indices {
            while let item = lanes[lane].last {
                let isKept = isTrue(item)
                guard !isKept || item.encodedCount <= room else { break }
                lanes[lane].removeLast()
                count -= 1
                guard isKept else { continue }
                room -= item.encodedCount
                taken.append(item)
                if lane + 1 < sendsMax { sent.append((lane + 1, item)) }
            }
        }
        for (lane, item) in sent {
            while lanes.count <= lane { lanes.append([]) }
            lanes[lane].append(item)
            count += 1
        }
        return taken
    }
}
