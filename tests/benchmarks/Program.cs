using System.Diagnostics;
using NixRemote.Benchmarks;
using NixRemote.Tests.TestBed;

// NixRemote.Benchmarks --simulate
// NixRemote.Benchmarks [--case NAME] [--protocol ssh|ssh-ng] [--output FILE] [--repeat N] [--list]
// Runs stock Nix and NixRemote side by side on the test bed that is up.

static bool RunAlone(string name)
{
    // Started as a program of its own, or by dotnet, which is told the file.
    string[] file = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
    using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. file, "--case", name]))!;
    process.WaitForExit();
    return process.ExitCode == 0;
}

string? Option(string name) => args.SkipWhile(a => a != name).Skip(1).FirstOrDefault();

// A word that means nothing must not start what takes half an hour.
string[] withValue = ["--case", "--protocol", "--output", "--repeat"];
string[] alone = ["--simulate", "--list"];
if (args.Where((a, i) => !alone.Contains(a) && !withValue.Contains(a) && (i == 0 || !withValue.Contains(args[i - 1]))).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"'{unknown}' is not an option; there are {string.Join(", ", withValue.Concat(alone))}.");
    return 64;
}

if (args.Contains("--simulate"))
{
    return ScheduleSimulation.Run() ? 0 : 1;
}

if (args.Contains("--list"))
{
    foreach (var known in Cases.All)
    {
        Console.WriteLine($"{known.Name} {known.Protocol}");
    }

    Console.WriteLine(MachinesParsing.Name);
    Console.WriteLine(ClosureMemory.Name);
    Console.WriteLine(RunMemory.Name);
    Console.WriteLine(NarCodecRun.Name);
    return 0;
}

switch (Option("--case"))
{
    case MachinesParsing.Name:
        MachinesParsing.Run();
        return 0;
    case ClosureMemory.Name:
        return await ClosureMemory.RunAsync() ? 0 : 1;
    case RunMemory.Name:
        return await RunMemory.RunAsync() ? 0 : 1;
    case NarCodecRun.Name:
        // Takes minutes by itself, so only when it is asked for.
        NarCodecRun.Run();
        return 0;
}

// Each in a process of its own: what one has grown to is not another's growth.
var holds = Option("--case") is not null || new[] { MachinesParsing.Name, ClosureMemory.Name, RunMemory.Name }.Count(name => !RunAlone(name)) == 0;

var chosen = Cases.All.Where(c => (Option("--case") is not { } name || c.Name == name) && (Option("--protocol") is not { } protocol || c.Protocol == protocol)).ToList();
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"There is no case '{Option("--case")}' over {Option("--protocol") ?? "any protocol"}; --list names them.");
    return 64;
}

try
{
    var runner = new Runner(NixTestBed.Current, HostProcess.Find(), int.Parse(Option("--repeat") ?? "3"));
    var rows = new List<BenchmarkRow>();
    foreach (var benchmark in chosen)
    {
        rows.Add(await runner.RunAsync(benchmark));
    }

    await runner.CleanAsync();

    Console.WriteLine(Report.Table(rows));
    if (Option("--output") is { } file)
    {
        Report.Write(file, rows, keepOthers: (Option("--case") ?? Option("--protocol")) is not null);
    }

    return holds ? 0 : 1;
}
catch (InvalidOperationException failure)
{
    // The test bed is not up, or a program that was measured failed; its own words are in the message.
    Console.Error.WriteLine(failure.Message);
    return 1;
}
