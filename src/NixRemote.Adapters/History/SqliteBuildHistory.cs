using Microsoft.Data.Sqlite;
using NixRemote.Builds;

namespace NixRemote.Adapters.History;

/// <summary>The history of builds in an SQLite database of one table, which several processes may use at a time.</summary>
/// <remarks>A row a build, at most <see cref="KeptBuilds"/> of one name on one builder and <see cref="KeptRows"/> in all: the oldest go.
/// Nothing waits longer than <see cref="BusySeconds"/> s for another process.</remarks>
public sealed class SqliteBuildHistory : IBuildHistory
{
    /// <summary>Builds of one name on one builder that are kept.</summary>
    public const int KeptBuilds = 10;

    /// <summary>Rows that are kept: some 20 MiB.</summary>
    public const int KeptRows = 100_000;

    /// <summary>How long another process that writes is waited for.</summary>
    public const int BusySeconds = 1;

    /// <summary>Successful builds that an expected time is the mean of.</summary>
    private const int Sample = 5;

    private const int SchemaVersion = 2;

    /// <summary>Version 1 did not have the sizes of outputs.</summary>
    private const int VersionWithoutSizes = 1;
    private const int NamesPerQuery = 500;

    // Of SQLite's result codes (sqlite.org/rescode.html).
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private readonly string _file;
    private SqliteConnection? _connection;

    /// <summary>Makes the history of a file; the first use opens it, or makes it with its folder.</summary>
    public SqliteBuildHistory(string file) => _file = file;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, ExpectedBuild> Expected(IReadOnlyCollection<string> names) => Use(connection =>
    {
        ArgumentNullException.ThrowIfNull(names);
        var expected = Means(connection, "name", names);
        var packages = names.Where(n => !expected.ContainsKey(n)).ToLookup(BuildRecord.PackageOf);
        foreach (var (package, mean) in Means(connection, "package", [.. packages.Select(p => p.Key)]))
        {
            foreach (var name in packages[package])
            {
                expected[name] = mean;
            }
        }

        return expected;
    });

    /// <inheritdoc/>
    public void Add(IReadOnlyCollection<BuildRecord> builds) => Use(connection =>
    {
        ArgumentNullException.ThrowIfNull(builds);

        // It takes the write lock at once: a transaction that reads first could not wait for another writer.
        using var transaction = connection.BeginTransaction(deferred: false);
        using (var insert = connection.CreateCommand())
        {
            insert.CommandText =
                """
                INSERT INTO build (name, package, system, builder, speed, ended, upload_ms, build_ms, bytes_sent, outcome, output_bytes)
                VALUES ($name, $package, $system, $builder, $speed, $ended, $upload, $build, $sent, $outcome, $output)
                """;
            foreach (var build in builds)
            {
                insert.Parameters.Clear();
                insert.Parameters.AddWithValue("$name", build.Name);
                insert.Parameters.AddWithValue("$package", build.PackageName);
                insert.Parameters.AddWithValue("$system", build.System);
                insert.Parameters.AddWithValue("$builder", build.Builder);
                insert.Parameters.AddWithValue("$speed", build.SpeedFactor);
                insert.Parameters.AddWithValue("$ended", build.Ended.ToUnixTimeSeconds());
                insert.Parameters.AddWithValue("$upload", (long)build.UploadTime.TotalMilliseconds);
                insert.Parameters.AddWithValue("$build", (long)build.BuildTime.TotalMilliseconds);
                insert.Parameters.AddWithValue("$sent", build.BytesSent);
                insert.Parameters.AddWithValue("$outcome", (int)build.Outcome);
                insert.Parameters.AddWithValue("$output", (object?)build.OutputBytes ?? DBNull.Value);
                insert.ExecuteNonQuery();
            }
        }

        using (var trim = connection.CreateCommand())
        {
            trim.CommandText = "DELETE FROM build WHERE name = $name AND builder = $builder AND id NOT IN "
                + $"(SELECT id FROM build WHERE name = $name AND builder = $builder ORDER BY id DESC LIMIT {KeptBuilds})";
            foreach (var (name, builder) in builds.Select(b => (b.Name, b.Builder)).Distinct())
            {
                trim.Parameters.Clear();
                trim.Parameters.AddWithValue("$name", name);
                trim.Parameters.AddWithValue("$builder", builder);
                trim.ExecuteNonQuery();
            }
        }

        Execute(connection, $"DELETE FROM build WHERE id <= (SELECT max(id) FROM build) - {KeptRows}");
        transaction.Commit();
        return builds.Count;
    });

    /// <inheritdoc/>
    public void Dispose() => Close();

    private static Dictionary<string, ExpectedBuild> Means(SqliteConnection connection, string column, IReadOnlyCollection<string> values)
    {
        var means = new Dictionary<string, ExpectedBuild>(StringComparer.Ordinal);
        foreach (var chunk in values.Distinct().Chunk(NamesPerQuery))
        {
            using var query = connection.CreateCommand();
            var parameters = chunk.Select((value, i) => query.Parameters.AddWithValue($"${i}", value).ParameterName);
            query.CommandText =
                $"""
                SELECT {column}, avg(build_ms * speed), avg(output_bytes) FROM
                  (SELECT {column}, build_ms, speed, output_bytes, row_number() OVER (PARTITION BY {column} ORDER BY id DESC) AS age
                   FROM build WHERE {column} IN ({string.Join(',', parameters)}) AND outcome = {(int)BuildOutcome.Built})
                WHERE age <= {Sample} GROUP BY {column}
                """;
            using var reader = query.ExecuteReader();
            while (reader.Read())
            {
                means[reader.GetString(0)] = new ExpectedBuild(
                    TimeSpan.FromMilliseconds(Math.Clamp(reader.GetDouble(1), 0, TimeSpan.FromDays(30).TotalMilliseconds)),
                    reader.IsDBNull(2) ? null : (long)Math.Clamp(reader.GetDouble(2), 0, 1L << 60));
            }
        }

        return means;
    }

    private T Use<T>(Func<SqliteConnection, T> use)
    {
        try
        {
            return use(_connection ??= Open());
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is Corrupt or NotADatabase)
        {
            throw PutAside(exception);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException or InvalidCastException)
        {
            throw Unusable(exception.Message, exception);
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or BadImageFormatException)
        {
            throw Unusable($"SQLite's library cannot be loaded ({exception.GetBaseException().Message})", exception);
        }
    }

    private SqliteConnection Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_file))!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _file,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ConnectionString);
        try
        {
            connection.Open();
            using var version = connection.CreateCommand();
            version.CommandText = "PRAGMA user_version";
            var found = Convert.ToInt64(version.ExecuteScalar(), null);
            if (found > SchemaVersion)
            {
                throw Unusable($"it is of version {found}, made by a newer version of this module", null);
            }

            if (found == 0)
            {
                MakeTable(connection);
            }
            else if (found == VersionWithoutSizes)
            {
                AddSizes(connection);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void MakeTable(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        Execute(connection,
            $"""
            CREATE TABLE IF NOT EXISTS build (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              name TEXT NOT NULL, package TEXT NOT NULL, system TEXT NOT NULL, builder TEXT NOT NULL, speed REAL NOT NULL,
              ended INTEGER NOT NULL, upload_ms INTEGER NOT NULL, build_ms INTEGER NOT NULL, bytes_sent INTEGER NOT NULL, outcome INTEGER NOT NULL,
              output_bytes INTEGER);
            CREATE INDEX IF NOT EXISTS build_name ON build (name, builder);
            CREATE INDEX IF NOT EXISTS build_package ON build (package);
            PRAGMA user_version = {SchemaVersion};
            """);
        transaction.Commit();
    }

    private static void AddSizes(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        using (var version = connection.CreateCommand())
        {
            // Another process may have been quicker.
            version.CommandText = "PRAGMA user_version";
            if (Convert.ToInt64(version.ExecuteScalar(), null) == VersionWithoutSizes)
            {
                Execute(connection, $"ALTER TABLE build ADD COLUMN output_bytes INTEGER; PRAGMA user_version = {SchemaVersion};");
            }
        }

        transaction.Commit();
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    /// <summary>Renames the damaged file, so that the next use begins a new one.</summary>
    private NixRemoteException PutAside(SqliteException damage)
    {
        Close();
        var aside = _file + ".damaged";
        try
        {
            File.Move(_file, aside, overwrite: true);
            File.Delete(_file + "-journal");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Unusable($"it is damaged ({damage.Message}) and cannot be put aside ({exception.Message})", exception);
        }

        return new NixRemoteException(NixErrors.HistoryDamaged, $"The history of builds '{_file}' is damaged ({damage.Message}); it is now '{aside}'.", damage) { Target = _file };
    }

    private NixRemoteException Unusable(string why, Exception? inner) =>
        new(NixErrors.HistoryUnusable, $"The history of builds '{_file}' cannot be used: {why}.", inner) { Target = _file };

    private void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
