using System.Globalization;

namespace NixRemote.Builders;

/// <summary>The number of a speed factor, as Nix 2.20 and later reads it: decimal, with optional fraction and exponent, in the range of
/// a 32-bit float. Infinity and NaN, which Nix takes, are refused: they break every comparison of machines.</summary>
internal static class SpeedFactorText
{
    /// <summary>What a text is.</summary>
    public enum Result
    {
        /// <summary>A number that is 0 or more.</summary>
        Valid,

        /// <summary>A number under 0.</summary>
        Negative,

        /// <summary>Infinity, NaN, or beyond the range of a float.</summary>
        NotFinite,

        /// <summary>No number.</summary>
        NotNumber,
    }

    /// <summary>Reads the number.</summary>
    public static Result Parse(ReadOnlySpan<char> text, out double value)
    {
        var unsigned = text.TrimStart("+-");
        if (unsigned.Equals("inf", StringComparison.OrdinalIgnoreCase) || unsigned.Equals("infinity", StringComparison.OrdinalIgnoreCase) ||
            unsigned.StartsWith("nan", StringComparison.OrdinalIgnoreCase))
        {
            value = double.NaN;
            return Result.NotFinite;
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Style, CultureInfo.InvariantCulture, out value) ? Check(value) : Result.NotNumber;
    }

    /// <summary>Judges a number that was read elsewhere.</summary>
    public static Result Check(double value) =>
        !float.IsFinite((float)value) ? Result.NotFinite : value < 0 ? Result.Negative : Result.Valid;

    /// <summary>The shortest text that reads back as the same number.</summary>
    public static string Write(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
