using System.Globalization;

namespace NixRemote.Commands;

/// <summary>Counted things for people.</summary>
internal static class CountText
{
    /// <summary><c>1 path</c>, <c>2 paths</c>.</summary>
    public static string Of(int count, string noun) => $"{count.ToString(CultureInfo.InvariantCulture)} {noun}{(count == 1 ? "" : "s")}";
}
