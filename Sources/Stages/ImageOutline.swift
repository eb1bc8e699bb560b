// Which stages of its Dockerfile an image is made of, before anything is fetched: what the plan shows.

package struct ImageOutline: Sendable {
    /// One for each Dockerfile stage that the target needs, the target included.
    package struct Part: Hashable, Sendable {
        /// `IMAGE/stage/NAME`; the target has the image's own name.
        package let name: String
        /// The stage's place in the Dockerfile.
        package let index: Int
        /// 0 is the target's; a stage stands at least one higher than those that need it.
        package let level: Int
    }

    /// In the order of the Dockerfile.
    package let parts: [Part]
    /// The target's place in the Dockerfile.
    package let target: Int
}

extension DockerfileLowering {
    /// The triggers that bases leave behind are not known yet, and do not count.
    package static func outline(_ recipe: ImageRecipe) throws -> ImageOutline {
        let lowering = try DockerfileLowering(recipe, bases: [:], names: NoContextNames(), imageNumber: 0)
        let needed = try lowering.needed()
        let levels = try lowering.levels(needed)
        let parts = needed.map { index in
            ImageOutline.Part(name: lowering.partName(of: index), index: index, level: levels[index] ?? 0)
        }
        return ImageOutline(parts: parts, target: lowering.references.target)
    }
}
