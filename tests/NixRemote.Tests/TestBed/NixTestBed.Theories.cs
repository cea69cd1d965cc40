namespace NixRemote.Tests.TestBed;

/// <summary>The nodes as data for theories; known without a test bed.</summary>
public sealed partial class NixTestBed
{
    /// <summary>The names of the builders, each with <c>ssh</c> and with <c>ssh-ng</c>.</summary>
    public static TheoryData<string, string> BuildersTimesProtocols =>
        new() { { "b28", "ssh" }, { "b28", "ssh-ng" }, { "b226", "ssh" }, { "b226", "ssh-ng" }, { "b234", "ssh" }, { "b234", "ssh-ng" } };

    /// <summary>The names of the builders.</summary>
    public static TheoryData<string> Builders => ["b28", "b226", "b234"];
}
