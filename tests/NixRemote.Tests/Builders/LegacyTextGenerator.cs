using System.Globalization;
using System.Text;

namespace NixRemote.Tests.Builders;

/// <summary>Makes random builders texts in columns: rows, comments, semicolons, blanks, includes, and now and then something wrong.</summary>
internal sealed class LegacyTextGenerator(int seed, string folder)
{
    private static readonly string[] _uris =
    [
        "h{0}", "nix@h{0}", "ssh://h{0}", "ssh://nix@h{0}.example.org", "ssh-ng://h{0}", "ssh-ng://nix@h{0}:2222", "h{0}?compress=true", "h{0}:22",
        "ssh://h{0}?remote-store=%2Ftmp%2Fx%20y", "ssh-ng://h{0}?remote-program=a%20b&compress=true", "ssh://[fe80::{0}]", "ssh://nix@[fe80::{0}]:2222", "ssh://fe80::{0}",
        "ssh://nix@fe80::{0}%eth0", "ssh://[fe80::{0}%25eth0]?a=b", "ssh://h{0}?store=/x?y=z", "ssh-ng://h{0}?b=1&a=2",
    ];

    private static readonly string[] _badUris = ["ssh://h{0}:x", "h{0}:70000", "h{0}?ssh-key=/k", "a:b:c{0}"];
    private static readonly string[] _systems = ["-", "x86_64-linux", "i686-linux,x86_64-linux", "x86_64-linux,i686-linux", "aarch64-linux", ",", "a,,b", "-,"];
    private static readonly string[] _keys = ["-", "/root/.ssh/id", "id", "-x"];
    private static readonly string[] _jobs = ["-", "1", "2", "8", "0", "+3", "007", "64"];
    private static readonly string[] _badJobs = ["-1", "eight", "1.5", "0x10", "4294967296", "3a", "+", "++1", "1e3"];
    private static readonly string[] _speeds = ["-", "1", "2", "3", "0", "10", "+2"];
    private static readonly string[] _floats = ["1.5", ".5", "2.", "1e3", "1E-2", "0.0", "inf", "nan"];
    private static readonly string[] _badSpeeds = ["-3", "three", "1,5", "1e", "1e39", "0x10", "1.5.1", "--1"];
    private static readonly string[] _features = ["-", "kvm", "kvm,big-parallel", "big,,kvm", ",", "benchmark", "kvm,kvm"];
    private static readonly string[] _hostKeys = ["-", "c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSQ==", "AAAA", "A", "QUJD=garbage!"];
    private static readonly string[] _badHostKeys = ["BAD_BASE64", "!", "AA-A"];

    private readonly Random _random = new(seed);
    private int _hosts;
    private int _files;

    /// <summary>A text; half of the texts have nothing wrong in them.</summary>
    public string Text() => Lines(Chance(2), depth: 0);

    private string Lines(bool mayBeWrong, int depth)
    {
        var text = new StringBuilder();
        for (var count = _random.Next(7); count > 0; count--)
        {
            text.Append(Line(mayBeWrong, depth)).Append(Chance(20) ? "\r\n" : "\n");
        }

        if (Chance(3) && text.Length > 0)
        {
            text.Length--;
        }

        return text.ToString();
    }

    private string Line(bool mayBeWrong, int depth)
    {
        switch (_random.Next(14))
        {
            case 0:
                return "";
            case 1:
                return mayBeWrong ? Blanks() : "";
            case 2:
                return $"# comment {_random.Next(10)}";
            case 3:
                return mayBeWrong ? $"{Blanks()}# {Row(mayBeWrong: false)} ; {Row(mayBeWrong: false)}" : "## c";
            case 4 when depth < 3:
                return $"{(mayBeWrong && Chance(4) ? " " : "")}@{Blanks()}{(Chance(6) ? "/not/a/file" : File(mayBeWrong, depth + 1))}{Blanks()}";
            case 5:
                return $"{Row(mayBeWrong)};{Row(mayBeWrong)}";
            case 6:
                return $"{Row(mayBeWrong)} ; {Row(mayBeWrong)}{(mayBeWrong ? " ; " : "")}";
            case 7:
                return $"{Row(mayBeWrong)} # {Row(mayBeWrong: false)}";
            case 8:
                return mayBeWrong && Chance(2) ? " ;; " : ";;";
            default:
                return Row(mayBeWrong);
        }
    }

    private string Row(bool mayBeWrong)
    {
        var columns = new List<string> { Uri(mayBeWrong) };
        for (var count = _random.Next(10); columns.Count <= count;)
        {
            columns.Add(columns.Count switch
            {
                1 => Of(_systems),
                2 => Of(_keys),
                3 => mayBeWrong && Chance(12) ? Of(_badJobs) : Of(_jobs),
                4 => mayBeWrong && Chance(12) ? Of(_badSpeeds) : mayBeWrong && Chance(4) ? Of(_floats) : Of(_speeds),
                5 or 6 => columns.Count == 6 && Chance(2) ? "-" : Of(_features),
                7 => mayBeWrong && Chance(12) ? Of(_badHostKeys) : Of(_hostKeys),
                _ => "more",
            });
        }

        return Blanks() + string.Join(Chance(10) ? "\t" : Chance(10) ? "   " : " ", columns) + Blanks();
    }

    private string Uri(bool mayBeWrong) =>
        mayBeWrong && Chance(30) ? "-" : string.Format(CultureInfo.InvariantCulture, mayBeWrong && Chance(25) ? Of(_badUris) : Of(_uris), ++_hosts);

    private string File(bool mayBeWrong, int depth)
    {
        var path = Path.Combine(folder, $"include{_files++}");
        System.IO.File.WriteAllText(path, Lines(mayBeWrong, depth));
        return path;
    }

    private string Blanks() => Chance(8) ? Chance(2) ? "\t" : "  " : "";

    private string Of(string[] values) => values[_random.Next(values.Length)];

    private bool Chance(int of) => _random.Next(of) == 0;
}
