/// Ridge regression by what was added up: A = λI + Σxxᵀ, A⁻¹ and θ = A⁻¹ Σrx, by Cholesky's decomposition (algorithms §9b).
///
/// 32 numbers: some 25,000 multiplications. Made once in a while, and read for each choice.
struct RidgeFit: Sendable {
  /// θ
  let estimate: SIMD32<Float>
  /// A⁻¹, row by row.
  let inverse: [SIMD32<Float>]

  private static let size = ChoiceFeatures.count
  /// λ
  private static let ridge = 1.0

  /// `gram`: the upper triangle of Σxxᵀ, row by row. `response`: Σrx.
  init(gram: ArraySlice<Double>, response: ArraySlice<Double>) {
    let factor = Self.inverted(Self.decomposed(Self.square(gram)))
    let size = Self.size
    let response = Array(response)
    var (estimate, inverse) = (SIMD32<Float>.zero, [SIMD32<Float>]())
    for row in 0..<size {
      var (line, sum) = (SIMD32<Float>.zero, 0.0)
      for column in 0..<size {
        // A⁻¹ = L⁻ᵀ L⁻¹
        var value = 0.0
        for place in max(row, column)..<size {
          value += factor[place * size + row] * factor[place * size + column]
        }
        line[column] = Float(value)
        sum += value * response[column]
      }
      estimate[row] = Float(sum)
      inverse.append(line)
    }
    (self.estimate, self.inverse) = (estimate, inverse)
  }

  private static func square(_ gram: ArraySlice<Double>) -> [Double] {
    var (matrix, place) = ([Double](repeating: 0, count: size * size), gram.startIndex)
    for row in 0..<size {
      for column in row..<size {
        matrix[row * size + column] = gram[place]
        matrix[column * size + row] = gram[place]
        place += 1
      }
      matrix[row * size + row] += ridge
    }
    return matrix
  }

  /// L with A = L Lᵀ.
  private static func decomposed(_ matrix: [Double]) -> [Double] {
    var lower = [Double](repeating: 0, count: size * size)
    for column in 0..<size {
      for row in column..<size {
        var sum = matrix[row * size + column]
        for place in 0..<column { sum -= lower[row * size + place] * lower[column * size + place] }
        // Rounding alone makes a square smaller than λ.
        lower[row * size + column] =
          row == column ? max(sum, ridge / 1_000).squareRoot() : sum / lower[column * size + column]
      }
    }
    return lower
  }

  /// L⁻¹
  private static func inverted(_ lower: [Double]) -> [Double] {
    var inverse = [Double](repeating: 0, count: size * size)
    for column in 0..<size {
      inverse[column * size + column] = 1 / lower[column * size + column]
      for row in column + 1..<size {
        var sum = 0.0
        for place in column..<row { sum += lower[row * size + place] * inverse[place * size + column] }
        inverse[row * size + column] = -sum / lower[row * size + row]
      }
    }
    return inverse
  }
}
