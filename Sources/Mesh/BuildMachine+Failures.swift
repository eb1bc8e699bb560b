// A build that keeps going after a failure: what depends on it is given up, image by image, and nothing waits for it.
import Projects
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// `follower` has the digest that `maker` makes: it waits for the publication, or fails with the maker.
    mutating func follow(_ maker: StageIndex, _ follower: StageIndex) {
        guard !lost.contains(maker) else {
            images[follower.image].hasFailed = true
            return
        }
        followers[maker, default: []].append(follower)
        images[follower.image].underWay += 1
    }

    /// The vertex failed, or waits for one that did.
    mutating func lose(_ vertex: Scheduler.StageIndex) -> [Effect] {
        guard phase == .building else { return [] }
        let index =
            switch vertices[vertex] {
            case .run(let index), .publish(let index): index
            }
        images[index.image].hasFailed = true
        images[index.image].underWay -= 1
        return loseFollowers(of: index) + closeIfFailed(index.image)
    }

    private mutating func loseFollowers(of maker: StageIndex) -> [Effect] {
        lost.insert(maker)
        var effects: [Effect] = []
        for follower in followers.removeValue(forKey: maker) ?? [] {
            images[follower.image].hasFailed = true
            images[follower.image].underWay -= 1
            effects += closeIfFailed(follower.image)
        }
        return effects
    }

    /// The image can't even be named or taken apart.
    mutating func imageFailed(_ image: Int, _ message: String) -> [Effect] {
        let text = "image \(request.images[image].image.displayName): \(message)"
        guard request.keepsGoing else { return fail(text) }
        if failure == nil { failure = text }
        images[image].hasFailed = true
        return [.report(.warning(text))] + closeIfFailed(image)
    }

    /// An image of which something failed is over when all that does not depend on that is done.
    mutating func closeIfFailed(_ image: Int) -> [Effect] {
        guard images[image].hasFailed, [.opening, .building].contains(images[image].phase),
            images[image].underWay == 0, images[image].describing == 0
        else { return [] }
        return loseFollowers(of: .whole(of: image)) + close(image)
    }
}
