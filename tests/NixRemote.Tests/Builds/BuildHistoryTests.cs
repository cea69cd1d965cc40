using System.Runtime.Loader;
using Microsoft.Data.Sqlite;
using NixRemote.Adapters;
using NixRemote.Adapters.History;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Tests.Builders;

namespace NixRemote.Tests.Builds;

/// <summary>The history in a real SQLite file: what it tells of builds to come, and that nothing wrong with it is worse than a warning.</summary>
public sealed class BuildHistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder["state/history.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_expected_time_is_the_mean_of_the_last_five_successes_at_speed_1()
    {
        Add(Build("hello-2.12", 1000, speed: 1), Build("hello-2.12", 1, outcome: BuildOutcome.Failed), Build("hello-2.12", 1, outcome: BuildOutcome.BuilderFailed));
        Add([.. Enumerable.Range(0, 5).Select(_ => Build("hello-2.12", 10, speed: 2))]);

        Assert.Equal(20, Expected("hello-2.12"));
    }

    [Theory]
    [InlineData("hello-2.12", 10)]
    [InlineData("hello-2.13", 40)]
    [InlineData("hello", 40)]
    [InlineData("hello-wrapped-2.12", null)]
    [InlineData("other-1", null)]
    public void A_version_that_was_never_built_takes_as_long_as_the_last_ones(string name, int? seconds)
    {
        Add(Build("hello-2.12", 10), Build("hello-2.11", 70));

        Assert.Equal(seconds, Expected(name));
    }

    [Theory]
    [InlineData("hello-2.12", "hello")]
    [InlineData("apache-httpd-2.0.48", "apache-httpd")]
    [InlineData("hello", "hello")]
    [InlineData("a-", "a-")]
    [InlineData("x--y", "x")]
    [InlineData("", "")]
    public void A_package_is_the_name_without_its_version(string name, string package) => Assert.Equal(package, BuildRecord.PackageOf(name));

    [Fact]
    public void Old_builds_of_one_name_on_one_builder_go()
    {
        Add([.. Enumerable.Range(0, SqliteBuildHistory.KeptBuilds * 2).Select(_ => Build("a", 1))]);
        Add(Build("a", 1, builder: "other"));

        Assert.Equal(SqliteBuildHistory.KeptBuilds + 1, Convert.ToInt32(Query("SELECT count(*) FROM build"), null));
    }

    [Fact]
    public void Thousands_of_names_are_asked_for_at_once()
    {
        Add([.. Enumerable.Range(0, 1500).Select(i => Build($"p{i}", i))]);

        using var history = Open();
        var times = history.Expected([.. Enumerable.Range(0, 3000).Select(i => $"p{i}")]);

        Assert.Equal(1500, times.Count);
        Assert.Equal(TimeSpan.FromSeconds(1499), times["p1499"].Time);
    }

    [Fact]
    public void A_damaged_file_is_put_aside_and_a_new_one_begins()
    {
        var file = _folder.Write("state/history.db", "This is no database, and it is long enough to be seen as none.");
        using var history = Open();

        var error = Assert.Throws<NixRemoteException>(() => history.Expected(["a"]));
        history.Add([Build("a", 3)]);

        Assert.Equal((NixErrors.HistoryDamaged, file), (error.Definition, error.Target));
        Assert.Contains("history.db.damaged", error.Message);
        Assert.StartsWith("This is no database", System.IO.File.ReadAllText(file + ".damaged"), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(3), history.Expected(["a"])["a"].Time);
    }

    [Fact]
    public void A_file_that_another_process_writes_is_given_up_after_a_second()
    {
        Add(Build("a", 3));
        using var other = new SqliteConnection($"Data Source={File};Pooling=False");
        other.Open();
        using var writing = other.BeginTransaction(deferred: false);
        using var history = Open();

        var error = Assert.Throws<NixRemoteException>(() => history.Add([Build("b", 3)]));

        Assert.Equal(NixErrors.HistoryUnusable, error.Definition);
        Assert.Contains("locked", error.Message);
        Assert.Equal(TimeSpan.FromSeconds(3), history.Expected(["a"])["a"].Time);
    }

    [Fact]
    public void A_file_of_a_newer_version_is_left_alone()
    {
        Add(Build("a", 3));
        Query("PRAGMA user_version = 3");
        using var history = Open();

        var error = Assert.Throws<NixRemoteException>(() => history.Expected(["a"]));

        Assert.Equal(NixErrors.HistoryUnusable, error.Definition);
        Assert.Contains("version 3", error.Message);
    }

    [Fact]
    public void The_size_of_the_outputs_is_the_mean_of_those_that_are_known()
    {
        Add(Build("a", 1) with { OutputBytes = 100 }, Build("a", 1), Build("a", 1) with { OutputBytes = 300 }, Build("b", 1));
        using var history = Open();

        var expected = history.Expected(["a", "b", "c"]);

        Assert.Equal((200L, (long?)null, 2), (expected["a"].OutputBytes, expected["b"].OutputBytes, expected.Count));
    }

    [Fact]
    public void A_file_from_before_sizes_were_kept_gets_them_from_now_on()
    {
        Add(Build("a", 3));
        Query("ALTER TABLE build DROP COLUMN output_bytes; PRAGMA user_version = 1");

        Add(Build("a", 3) with { OutputBytes = 7 });

        using var history = Open();
        Assert.Equal(new ExpectedBuild(TimeSpan.FromSeconds(3), 7), history.Expected(["a"])["a"]);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_says_so()
    {
        var file = _folder.Write("file", "");
        using var history = new AdapterFactory().CreateBuildHistory(Path.Combine(file, "history.db"));

        Assert.Equal(NixErrors.HistoryUnusable, Assert.Throws<NixRemoteException>(() => history.Add([Build("a", 1)])).Definition);
    }

    [Fact]
    public void The_modules_own_copy_finds_its_native_library()
    {
        using var history = AdapterLoader.CreateBuildHistory(File);
        history.Add([Build("a", 3)]);

        Assert.Equal("NixRemote.Adapters", AssemblyLoadContext.GetLoadContext(history.GetType().Assembly)!.Name);
        Assert.Equal(TimeSpan.FromSeconds(3), history.Expected(["a"])["a"].Time);
    }

    [Theory]
    [InlineData("/x/state", "/home/u", "/x/state/nixremote")]
    [InlineData("relative", "/home/u", "/home/u/.local/state/nixremote")]
    [InlineData(null, "/home/u", "/home/u/.local/state/nixremote")]
    [InlineData(null, null, null)]
    public void It_lies_where_the_system_has_state(string? variable, string? home, string? expected)
    {
        var environment = new NixEnvironment
        {
            Variables = variable is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["XDG_STATE_HOME"] = variable },
            HomeDirectory = home,
            System = "x86_64-linux",
        };
        if (OperatingSystem.IsMacOS())
        {
            expected = expected?.Replace(".local/state/nixremote", "Library/Application Support/NixRemote", StringComparison.Ordinal);
        }
        else if (OperatingSystem.IsWindows())
        {
            // Without %LOCALAPPDATA% there is none.
            expected = null;
        }

        Assert.Equal(expected, StateFolder.Of(environment));
    }

    private static BuildRecord Build(string name, double seconds, double speed = 1, BuildOutcome outcome = BuildOutcome.Built, string builder = "b") =>
        new(name, "x86_64-linux", builder, speed, DateTimeOffset.UnixEpoch, TimeSpan.Zero, TimeSpan.FromSeconds(seconds), 0, outcome);

    private IBuildHistory Open() => new AdapterFactory().CreateBuildHistory(File);

    private void Add(params BuildRecord[] builds)
    {
        using var history = Open();
        history.Add(builds);
    }

    private double? Expected(string name)
    {
        using var history = Open();
        return history.Expected([name]).TryGetValue(name, out var build) ? build.Time.TotalSeconds : null;
    }

    private object? Query(string text)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
