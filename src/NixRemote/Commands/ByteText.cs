using System.Globalization;

namespace NixRemote.Commands;

/// <summary>Numbers of bytes for people.</summary>
public static class ByteText
{
    private static readonly string[] _units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary><c>17 B</c>, <c>1.5 MiB</c>.</summary>
    public static string Of(double bytes)
    {
        var value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < _units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + _units[unit];
    }
}
