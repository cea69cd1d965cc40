using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace NixRemote.Benchmarks;

/// <summary>Runs <see cref="NarCodec"/> with BenchmarkDotNet, in this process: it was built for the purpose already.</summary>
internal static class NarCodecRun
{
    /// <summary>Its name for --case.</summary>
    public const string Name = "nar-codec";

    /// <summary>Prints BenchmarkDotNet's summary.</summary>
    public static void Run()
    {
        var results = Directory.CreateTempSubdirectory("nixremote-codec-results");
        try
        {
            BenchmarkRunner.Run<NarCodec>(DefaultConfig.Instance.WithArtifactsPath(results.FullName)
                .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(8).WithInvocationCount(1).WithUnrollFactor(1)));
        }
        finally
        {
            results.Delete(recursive: true);
        }
    }
}
