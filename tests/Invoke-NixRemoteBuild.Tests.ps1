Describe 'Invoke-NixRemoteBuild' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }
    BeforeEach { Enter-TestBed }

    It 'builds derivations of the pipeline and brings them home' {
        $results = (New-Derivation one 'echo > $out'), (New-Derivation two 'echo > $out') | Invoke-NixRemoteBuild
        $results.Name | Sort-Object | Should -Be 'one', 'two'
        $results.Status | Should -Be Built, Built
        foreach ($output in $results.Outputs.Values) { nix-store --verify-path $output; $LASTEXITCODE | Should -Be 0 }
    }

    It 'evaluates an expression' {
        (Invoke-NixRemoteBuild -Expression (New-Expression expression 'echo > $out')).Name | Should -Be expression
    }

    It 'writes the log to the information stream' {
        $null = Invoke-NixRemoteBuild -Expression (New-Expression logs 'echo hello; echo > $out') -Builder b28 -InformationVariable records
        $records.Tags | Should -Be NixBuildLog
        $records.MessageData.Text | Should -Be hello
        "$($records[0].MessageData)" | Should -Be 'logs@b28> hello'
    }

    It 'reports a failed build with its log as an error beside its result' {
        $drv = New-Derivation bad 'echo the reason; exit 7'
        $result = Invoke-NixRemoteBuild $drv -ErrorAction SilentlyContinue -ErrorVariable failures
        $result.Status | Should -Be Failed
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'BuildFailed,NixRemote.Commands.InvokeNixRemoteBuildCommand'
        $failures[0].CategoryInfo.Category | Should -Be InvalidResult
        $failures[0].TargetObject | Should -Be $drv
        "$($failures[0])" | Should -Match '(?s)exit code 7.*> the reason'
        $failures[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'stops at what keeps it from beginning' {
        { Invoke-NixRemoteBuild (New-Derivation x 'echo > $out') -Store ssh://127.0.0.1:1 } |
            Should -Throw -ErrorId 'ConnectionRefused,NixRemote.Commands.InvokeNixRemoteBuildCommand'
    }

    It 'builds nothing with -WhatIf' {
        $drv = New-Derivation plan 'echo > $out'
        Invoke-NixRemoteBuild $drv -WhatIf | Should -BeNullOrEmpty
        nix-store --verify-path (nix-store --query --outputs $drv) 2>$null
        $LASTEXITCODE | Should -Not -Be 0
    }

    It 'runs in a thread job' {
        $drv = New-Derivation job 'echo > $out'
        $module = (Get-Module NixRemote).Path
        $result = Start-ThreadJob { Import-Module $using:module; Invoke-NixRemoteBuild $using:drv } | Receive-Job -Wait -AutoRemoveJob
        $result.Status | Should -Be Built
    }

    It 'builds in runspaces at the same time' {
        $module = (Get-Module NixRemote).Path
        $results = 1..4 | ForEach-Object { New-Derivation "parallel$_" 'echo > $out' } |
            ForEach-Object -Parallel { Import-Module $using:module; Invoke-NixRemoteBuild $_ }
        $results.Status | Should -Be Built, Built, Built, Built
    }

    It 'shows a table' {
        Invoke-NixRemoteBuild (New-Derivation table 'echo > $out') | Out-String -Width 200 | Should -Match 'Name\s+Status\s+Builder\s+Build\s+Sent\s+Received\s+Outputs'
    }

    It 'evaluates on a builder and unpacks here' {
        $folder = Join-Path $TestDrive 'evaluated'
        $null = New-Item -ItemType Directory $folder
        Set-Content "$folder/default.nix" "{ name }: derivation { inherit name; system = builtins.currentSystem; builder = `"/bin/sh`"; args = [ `"-c`" `"echo `$name > `$out`" ]; nonce = `"$(New-Guid)`"; }"
        Set-Content "$folder/release.nix" 'import ./default.nix { name = "unpacked"; }'
        $result = Invoke-NixRemoteBuild -File "$folder/release.nix" -EvaluateOn b234 -Unpack "$TestDrive/result"
        $result.Status | Should -Be Built
        Get-Content $result.Unpacked['out'] | Should -Be unpacked
    }

    It 'is found by Get-Help with its examples' {
        (Get-Help Invoke-NixRemoteBuild).Examples.Example.Count | Should -BeGreaterThan 1
    }
}
