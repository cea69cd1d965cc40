using System.Diagnostics;
using System.Globalization;
using System.Text;
using NixRemote.Adapters.Toml;
using NixRemote.Builders;

namespace NixRemote.Benchmarks;

/// <summary>How long 10,000 builders take to read in each format, in this process and after warm-up: no Nix to compare with, but a limit
/// of 100 ms. Needs no test bed, and is not in the JSON file.</summary>
internal static class MachinesParsing
{
    /// <summary>Its name for --case.</summary>
    public const string Name = "machines-10000";

    private const int Count = 10_000;
    private const int WarmUps = 20;
    private const int Runs = 25;
    private const double LimitMilliseconds = 100;

    /// <summary>Prints a line for each format and each kind of entry.</summary>
    public static void Run()
    {
        var key = Convert.ToBase64String("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJYfqESaiQlOrL3Wm1Q9s9q8b4mjj2nIuyqCZub5aGPi root@h"u8);
        var options = new MachinesParseOptions { LocalSystem = "x86_64-linux", TomlReader = () => new TomlynReader() };
        Console.WriteLine($"{Count} builders, {Runs} runs after {WarmUps}: median and best");
        foreach (var (kind, entry) in new (string, Func<int, string>)[]
        {
            ("common", i => $"ssh://nix@host{i}.example.org x86_64-linux - 8 - kvm"),
            ("all fields", i => $"ssh://nix@host{i}.example.org x86_64-linux,i686-linux /root/.ssh/id 8 2.5 kvm,big-parallel benchmark {key} # rack {i}"),
        })
        {
            var builders = MachinesReader.ReadText(string.Join('\n', Enumerable.Range(0, Count).Select(entry)), "text", options).Builders;
            foreach (var format in new[] { MachinesFormat.Legacy, MachinesFormat.Toml, MachinesFormat.Json })
            {
                var text = MachinesWriter.Write(builders, format).Text;
                var times = Measure(() =>
                {
                    var read = MachinesReader.ReadText(text, "text", options).Builders.Count;
                    if (read != Count)
                    {
                        throw new InvalidOperationException($"{format}: {read} builders were read, not {Count}.");
                    }
                });
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{format,-8}{kind,-12}{Encoding.UTF8.GetByteCount(text) / 1048576.0,6:0.0} MiB{times[Runs / 2],8:0.0} ms{times[0],8:0.0} ms{(times[Runs / 2] > LimitMilliseconds ? $"   over {LimitMilliseconds} ms" : "")}"));
            }
        }
    }

    private static List<double> Measure(Action work)
    {
        for (var run = 0; run < WarmUps; run++)
        {
            work();
        }

        var times = new List<double>();
        for (var run = 0; run < Runs; run++)
        {
            var watch = Stopwatch.StartNew();
            work();
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        return times;
    }
}
