using System.Text.RegularExpressions;

namespace NixRemote.Host;

/// <summary>What the standard streams are connected to, and control sequences for them.</summary>
internal static partial class Terminal
{
    private static readonly bool _plain =
        Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";

    /// <summary>Standard output shows colours.</summary>
    public static bool OutputHasColor { get; } = !Console.IsOutputRedirected && !_plain;

    /// <summary>Standard error shows colours.</summary>
    public static bool ErrorHasColor { get; } = !Console.IsErrorRedirected && !_plain;

    /// <summary>A line can be drawn again: nobody reads it but a person.</summary>
    public static bool ShowsProgress { get; } =
        !Console.IsOutputRedirected && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>A text in colours.</summary>
    public static string Colored(ConsoleColor foreground, ConsoleColor background, string text)
    {
        var back = background == ConsoleColor.Black ? "" : $";{Code(background, 40, 100)}";
        return $"\e[{Code(foreground, 30, 90)}{back}m{text}\e[0m";
    }

    /// <summary>A text on one line that moves no cursor.</summary>
    public static string WithoutControls(string text) => Controls().Replace(text, " ");

    [GeneratedRegex(@"\e\[[0-?]*[ -/]*[@-~]|\p{Cc}+")]
    private static partial Regex Controls();

    /// <summary>ConsoleColor counts blue, green, red in its bits; the terminal red, green, blue.</summary>
    private static int Code(ConsoleColor color, int dark, int bright)
    {
        var bits = (int)color;
        var swapped = ((bits & 1) << 2) | (bits & 2) | ((bits & 4) >> 2);
        return (bits & 8) != 0 ? bright + swapped : dark + swapped;
    }
}
