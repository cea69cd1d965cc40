using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>The answer of <see cref="StockHook"/>.</summary>
/// <param name="Kind">The answer.</param>
/// <param name="Builder">The machine that was accepted; null for other answers.</param>
/// <param name="Slot">Its slot, the first free one; -1 for other answers.</param>
public sealed record HookReply(HookReplyKind Kind, NixBuilder? Builder = null, int Slot = -1);
