# Ce que la salle dit en français : court, calme, précis.

language-name = Français

## Dates

date = { $weekday } { $day ->
    [1] 1er
   *[other] { $day }
} { $month }
weekday = { $weekday ->
    [0] lundi
    [1] mardi
    [2] mercredi
    [3] jeudi
    [4] vendredi
    [5] samedi
   *[6] dimanche
}
month = { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
}
from-to = { $start } – { $end }
now-until = En cours, jusqu’à { $end }
tomorrow-from-to = Demain, { $start } – { $end }
weekday-from-to = { $weekday }, { $start } – { $end }
all-day = Toute la journée
tomorrow-all-day = Demain, toute la journée
weekday-all-day = { $weekday }, toute la journée

## Accueil

next-meetings = Prochaines réunions
no-meetings = Plus de réunion prévue
no-meetings-hint = Rejoignez toute réunion avec son code.
trouble-configuration = Les réglages de cette salle sont illisibles
trouble-configuration-hint = Elle ne rejoint aucune réunion tant que l’informatique ne les a pas corrigés.
trouble-state = Cette salle ne peut pas lire sa mémoire
trouble-state-hint = Éteignez-la puis rallumez-la. Si cela persiste, demandez à l’informatique de la réinstaller.
untitled = Réunion
reserved = Réservé
calendar-old = Agenda de { $when } : le calendrier ne répond pas
calendar-unread = Le calendrier ne répond pas
obstacle-platform = Réunion { $platform } : cette salle ne rejoint que Visio
obstacle-token-missing = Il manque un jeton : demandez au service informatique
obstacle-not-encrypted = Le lien n’est pas chiffré
obstacle-link-rewritten = Lien modifié par la messagerie : rejoignez avec le code
obstacle-key-missing = Chiffrée : il manque la clé de son lien
join = Rejoindre
join-by-code = Rejoindre par code
join-by-code-short = Par code
audio-check = Vérifier le son
devices-ready = Caméra, micro et haut-parleur prêts
laptop-ready = Ordinateur branché : il peut être partagé en réunion

## Réservation, réglages et ce que demandent les techniciens

book = Réserver
booking-title = Réserver cette salle
booking-free = Cette salle est libre
booking-until = jusqu’à { $time }
booking-for = Pour combien de temps, dès maintenant ?
booking-extend = Garder la salle plus longtemps
booking-full = Il ne reste plus de temps avant la prochaine réunion.
booking-waiting = Nous interrogeons l’agenda…
booking-minutes = { $minutes } min
booking-next = À la suivante
booking-release = Libérer la salle
booking-check-in = Nous sommes là
booking-release-at = La salle sera libérée à { $time } si personne ne signale sa présence.
booking-event = Réservée depuis la salle
booking-booked = La salle est réservée jusqu’à { $time }.
booking-extended = La salle est à vous jusqu’à { $time }.
booking-released = La salle est de nouveau libre.
booking-released-unused = Personne n’est venu : la salle a été libérée.
booking-checked-in = Bienvenue : la salle reste à vous.
booking-no-calendar = Cette salle n’a pas d’agenda : elle ne se réserve pas ici.
booking-read-only = Cette salle ne fait que lire son agenda : réservez depuis le vôtre.
booking-unsure = Rien n’est réservé : l’agenda est trop ancien pour savoir si la salle est libre.
booking-taken = Rien n’est réservé : la salle est prise à ce moment.
booking-offline = L’agenda ne répond pas. Il montrera si la salle a été réservée.
booking-refused = Le serveur de l’agenda ne laisse pas cette salle réserver. Prévenez le service informatique.
booking-changed = Rien n’a changé : quelqu’un vient de modifier cette réunion.
booking-not-ours = Seules les personnes qui ont créé cette réunion peuvent y mettre fin.
booking-server = Le serveur de l’agenda a refusé la réservation. Prévenez le service informatique.
settings = Réglages
settings-code-hint = Tapez le code d’administration, puis validez.
settings-code-wrong = Ce n’est pas le bon code.
settings-code-wait = { $minutes ->
    [one] Trop de codes erronés. Réessayez dans une minute.
   *[other] Trop de codes erronés. Réessayez dans { $minutes } minutes.
}
settings-code-checking = Vérification du code…
settings-language = Langue au démarrage
settings-volume = Volume au démarrage
settings-name = Nom en réunion
settings-name-hint = Vide : le nom de la salle
settings-appearance = Apparence au démarrage
settings-contrast = Contraste élevé
settings-large = Grands caractères
settings-fixed = Fixé par l’informatique
settings-change = Modifier
settings-take = Valider
restart = Redémarrer
restart-title = Redémarrer la salle ?
restart-words = Les écrans s’éteignent, et personne ne rejoint de réunion d’ici avant la fin du redémarrage. Les réglages sont conservés.
restart-meeting = Une réunion occupe cette salle à partir de { $time }, et des personnes sont peut-être en route. Personne ne pourra la rejoindre d’ici avant la fin du redémarrage.
restart-now = Redémarrer maintenant
settings-room = Nom de la salle
settings-calendar-booking = Lu et écrit : la salle se réserve ici
settings-calendar-reading = Lu seulement : la salle ne se réserve pas ici
facts-title = Pour le technicien
facts-version = Version
facts-room = Salle
facts-network = Réseau
facts-no-network = Aucun
facts-calendar = Agenda
facts-meetings = { $count ->
    [0] rien à venir
    [one] 1 réunion à venir
   *[other] { $count } réunions à venir
}
facts-unread = jamais lu
facts-camera = Caméra
facts-microphone = Micros
facts-loudspeaker = Haut-parleur
facts-display = Écrans
facts-laptop = Ordinateur
facts-encoder = Encodeur
facts-processor = Processeur
facts-temperature = Température
facts-failure = Dernier échec
facts-call = Réunion
facts-certificate = Certificat
facts-certificate-own = celui de la salle
facts-certificate-by = vérifiée par { $by }
facts-certificate-unverified = ne vaut pas ici
facts-certificate-ends = { $days ->
    [0] Le certificat de la salle expire aujourd’hui
    [one] Le certificat de la salle expire dans { $days } jour
   *[other] Le certificat de la salle expire dans { $days } jours
}
facts-certificate-over = Le certificat de la salle a expiré
facts-certificate-unusable = la clé de la salle est inutilisable
facts-works = fonctionne
facts-missing = absent
facts-failed = en panne
facts-no-signal = pas d’image
facts-protected = image noire
facts-figures = figée { $freezes } × { $frozen } s, son { $sound } s, perdu { $frames }
facts-minutes = depuis { $count } min
facts-hours = depuis { $count } h
facts-days = depuis { $count } j
spoken-about = À propos de cette salle
spoken-enter = Valider
spoken-start-softer = Moins fort au démarrage
spoken-start-louder = Plus fort au démarrage

## Saisie d’un code

code-title = Quelle réunion ?
code-example = Par exemple abc-defg-hij
spoken-backspace = Effacer
spoken-shift = Majuscule
spoken-volume-down = Baisser le volume
spoken-volume-up = Monter le volume
key-space = Espace
cancel = Annuler

## Avant une réunion

time-of-day = { $hours } h { $minutes }
day-open = La journée
day-today = Aujourd’hui
day-tomorrow = Demain
day-recent = Déjà rejointes
day-empty = Rien n’est prévu.
day-free = Libre
day-free-until = Libre jusqu’à { $end }
day-more = { $count ->
    [one] et 1 autre
   *[other] et { $count } autres
}
recent-kept = Cette salle les oublie au bout d’un jour.
recent-clear = Vider la liste
recent-today = Rejointe à { $time }
recent-yesterday = Rejointe hier à { $time }
meet-now = Nouvelle réunion
meet-now-short = Réunion
step-entry = Entrée
step-connection = Connexion
step-media = Son et image
step-meeting = Réunion
invitation-title = { $name } vous invite à une réunion
invitation-banner = { $name } vous invite : { $what }
accept = Rejoindre
accept-and-leave = Quitter et rejoindre
decline = Décliner
notice-meeting-gone = Cette réunion n’est plus dans l’agenda. Regardez à nouveau.
notice-tell-link = Nouvelle réunion. On la rejoint sur { $link }
end-may-not-begin = Cette salle ne peut pas ouvrir de réunion
end-may-not-begin-advice = Créez la réunion sur votre ordinateur, puis rejoignez-la ici avec son code.
spoken-earlier = Plus tôt
spoken-later = Plus tard
spoken-language = Langue

## Entrée

joining = Connexion
joining-asking = Nous demandons l’accès à la réunion…
joining-signalling = Connexion à la réunion…
joining-media = Connexion du son et de l’image…
lobby-title = En attente d’autorisation
lobby-sentence = Une personne de la réunion doit nous laisser entrer.
lobby-waited = { $minutes ->
    [0] Nous venons de demander l’accès.
    [one] Nous attendons depuis une minute.
   *[other] Nous attendons depuis { $minutes } minutes.
}

## En réunion

microphone = Micro
microphone-on = Activé : on vous entend
microphone-off = Coupé : on ne vous entend pas
microphone-interrupted = Interrompu : reconnexion…
microphone-missing = Aucun micro branché
microphone-failed = Micro en panne
microphone-forbidden = Non autorisé par la réunion
camera = Caméra
camera-on = Activée : on vous voit
camera-off = Coupée : on ne vous voit pas
camera-interrupted = Interrompue : reconnexion…
camera-missing = Aucune caméra branchée
camera-failed = Caméra en panne
camera-forbidden = Non autorisée par la réunion
share = Ordinateur
share-offered = Touchez pour le partager
share-off = Non partagé
share-starting = Démarrage…
share-stopping = Arrêt…
share-on = Partagé : on le voit
share-interrupted = Interrompu : reconnexion…
share-no-signal = Pas d’image : vérifiez le câble
share-protected = Son image est noire
share-forbidden = Non autorisé ici
turning-on = Activation…
turning-off = Coupure…
volume = Volume
volume-percent = { $percent } %
loudspeaker-missing = Aucun haut-parleur
loudspeaker-failed = Haut-parleur en panne
layout-button = Affichage
layout-title = Affichage
layout-strip = Intervenant et vignettes
layout-speaker = Intervenant seul
layout-grid = Mosaïque
layout-content-speaker = Contenu et intervenant
layout-content = Contenu seul
self-view = Notre image
captions = Sous-titres
people-button = { $count ->
    [0] Personne
    [one] 1 autre
   *[other] { $count } autres
}
hand-raise = Lever la main
hand-lower = Baisser la main
leave = Quitter
close = Fermer
recording = Enregistrée
transcription = Transcrite
recording-and-transcription = Enregistrée et transcrite
quality-poor = Connexion faible
quality-lost = Pas de connexion
encrypted = Chiffrée de bout en bout, clé partagée
encrypted-group = Chiffrée de bout en bout, clés propres au groupe
authentication-code = Code de vérification
authentication-title = Code à comparer
authentication-sentence = Lisez ce code à voix haute ; tout le monde doit voir le même.
verified-count = Identités vérifiées : { $verified } sur { $count }
verified-by = identité vérifiée par { $by }
not-verified = identité non vérifiée
shared-key-only = clé partagée seulement
unreadable-not-encrypted = Non chiffré
unreadable-other-key = Chiffré avec une autre clé
unreadable-encrypted = Chiffré
unreadable-count = Chiffrement différent : { $count }
somebody-waiting = Quelqu’un attend à l’entrée
elapsed-minutes = { $minutes } min
elapsed-hours = { $hours } h { $minutes }
reconnecting = Connexion perdue. Reconnexion en cours…
reconnecting-short = Reconnexion en cours…
alone = Personne d’autre n’est encore là.
speaking-one = { $name } a la parole
speaking-two = { $first } et { $second } parlent
speaking-many = Plusieurs personnes parlent
people-title = { $count ->
    [0] Personne d’autre n’est là
    [one] 1 autre personne
   *[other] { $count } autres personnes
}
people-more = { $count ->
    [one] et 1 autre
   *[other] et { $count } autres
}
people-first = Revenir au début

## En réunion : les autres

more-button = Plus
more-title = Plus
chat = Messages
chat-empty = Personne n’a encore écrit.
chat-forbidden = La réunion ne permet pas à cette salle d’écrire.
chat-us = Cette salle
chat-reply = Répondre
chat-unread = { $count ->
    [one] 1 non lu
   *[other] { $count } non lus
}
more-unread = Plus ({ $count })
write-title = Écrire à tout le monde
write-hint = Votre message
send = Envoyer
microphone-heard-short = On vous entend
microphone-muted-short = Micro coupé
reply-on-our-way = Nous arrivons.
reply-yes = Oui.
reply-no = Non.
reply-repeat = Pouvez-vous répéter, s’il vous plaît ?
reply-louder = Nous vous entendons mal.
reply-back-soon = Nous revenons dans cinq minutes.
reactions = Réactions
reaction-thumbs-up = D’accord
reaction-thumbs-down = Pas d’accord
reaction-clapping-hands = Bravo
reaction-red-heart = Cœur
reaction-face-with-tears-of-joy = Rire
reaction-face-with-open-mouth = Surprise
reaction-party-popper = Fête
reaction-folded-hands = Merci
spoken-caption-size-large = Grands sous-titres
connection = Connexion
connection-unknown = La connexion n’est pas encore connue
connection-unknown-advice = La réunion ne l’a pas encore évaluée.
evidence = Où vont le son et l’image
connection-good = La connexion est bonne
connection-good-advice = Ce qui s’entend ou se voit mal vient d’ailleurs.
connection-others = La connexion des autres est faible
connection-others-advice = La vôtre est bonne. Cela concerne { $names }.
connection-busy = L’ordinateur de cette salle est à sa limite
connection-busy-advice = Les autres vous voient plus petits, ou moins souvent. Ne partagez que le nécessaire ; si cela dure, prévenez l’équipe informatique.
connection-still = Les images se figent par moments
connection-still-advice = Le chemin vers le serveur de la réunion est lent. Le son passe d’abord. Si cela dure, prévenez l’équipe informatique.
connection-poor = La connexion de cette salle est faible
connection-poor-advice = Coupez votre caméra : le son profite de ce qui reste. Si cela dure, prévenez l’équipe informatique.
connection-lost = Il n’y a pas de connexion
connection-lost-advice = La salle réessaie d’elle-même. Vérifiez son câble réseau.
camera-turn = Orienter la caméra
camera-places = Vues à retrouver
camera-keep-which = Garder cette vue sous quel numéro ?
notice-preset-kept = Gardé sous le numéro { $number }.
spoken-layout = Affichage
spoken-participants = Participants
spoken-hand = Lever ou baisser la main
spoken-more = Plus
spoken-leave = Quitter
spoken-chat-turn = Messages précédents
spoken-write = Écrire un message
spoken-camera-up = Vers le haut
spoken-camera-left = Vers la gauche
spoken-camera-centre = Tout droit
spoken-camera-right = Vers la droite
spoken-camera-down = Vers le bas
spoken-camera-nearer = Zoom avant
spoken-camera-farther = Zoom arrière
spoken-camera-keep = Garder cette vue
person-more = Agir pour { $name }
spoken-back = Retour
end-for-all = Terminer pour tous
person-pin = Toujours montrer
person-unpin = Ne plus épingler
person-mute = Couper le micro
person-muted = Micro coupé
person-speaking = Micro ouvert
person-lower = Baisser la main
person-remove = Exclure…
hand-since = Main { $place }, depuis { $time }
hand-up = Main levée
mute-all = Couper tous les micros
admit = Accepter
deny = Refuser
ask-remove = Exclure { $name } de la réunion ?
ask-remove-hint = Pour revenir, il faudra le demander.
ask-mute-all = Couper le micro de tout le monde ?
ask-mute-all-hint = Chacun peut rouvrir le sien.
ask-end = Terminer la réunion pour tous ?
ask-end-hint = Tout le monde part aussitôt. Pour partir seuls, touchez Quitter.
confirm-remove = Exclure
confirm-mute-all = Couper
confirm-end = Terminer
notice-refused-not-allowed = La réunion ne permet pas cela à cette salle.
notice-refused-gone = Cette personne n’est plus là.
notice-refused-failed = Le serveur de la réunion ne l’a pas fait. Réessayez dans un instant.
notice-may-not-write = La réunion ne permet pas à cette salle d’écrire.
notice-asks-to-come-in = { $name } demande à entrer : ouvrez la liste des participants.
## Accessibilité

accessibility = Accessibilité
high-contrast = Contraste élevé
high-contrast-hint = Noir et blanc
large-text = Grand texte
large-text-hint = Plus grand d’un quart
screen-reader = Lecteur d’écran
screen-reader-hint = La tablette parle
screen-reader-missing = Aucune voix installée
captions-hint = Taille et couleur
captions-when = Quand il y en a
back = Retour
reader-on = Lecteur d’écran activé. Touchez pour entendre, touchez encore pour activer. Deux fois sur un endroit vide : toute la page.
reader-off = Lecteur d’écran désactivé.
reader-hint = Lecteur d’écran : touchez pour entendre, touchez encore pour activer
notice-no-voice = Aucune voix n’est installée dans cette salle. Demandez au service informatique.
hand-is-raised = main levée
spoken-accessibility = Accessibilité
spoken-button = { $what }, bouton
spoken-disabled = { $what }, indisponible
spoken-on = activé
spoken-off = désactivé
spoken-selected = sélectionné
spoken-share-next = Autre partage
spoken-pinned = épinglé à l’écran
spoken-speaking = a la parole
spoken-muted = micro coupé
spoken-sharing = partage son écran
spoken-nothing-typed = rien de saisi
spoken-key-minus = tiret
spoken-key-dot = point
spoken-key-colon = deux-points
spoken-key-slash = barre oblique
spoken-caption-size-usual = Sous-titres de taille normale
spoken-caption-size-largest = Très grands sous-titres
spoken-caption-color-white = Sous-titres blancs sur noir
spoken-caption-color-yellow = Sous-titres jaunes sur noir
spoken-caption-color-black = Sous-titres noirs sur blanc

## Après un échec

retry = Réessayer
home = Accueil
end-left = Vous avez quitté la réunion
end-left-advice = La salle est libre pour la prochaine réunion.
end-room-not-found = Cette réunion n’existe pas
end-room-not-found-advice = Vérifiez le code auprès de la personne qui vous invite.
end-lobby-denied = La réunion ne nous a pas laissés entrer
end-lobby-denied-advice = Demandez à une personne de la réunion d’accepter cette salle, puis réessayez.
end-lobby-timed-out = Personne ne nous a laissés entrer
end-lobby-timed-out-advice = Nous avons attendu dix minutes. Vérifiez que la réunion a commencé, puis réessayez.
end-token-refused = La réunion a refusé notre invitation
end-token-refused-advice = Elle a peut-être expiré. Demandez un nouveau lien, ou utilisez le code de la réunion.
end-certificate-invalid = Nous ne savons pas à qui nous parlons
end-certificate-invalid-advice = Le serveur n’a pas prouvé son identité : nous ne nous sommes pas connectés. Prévenez votre équipe informatique.
end-server-unreachable = Le serveur de la réunion ne répond pas
end-server-unreachable-advice = Vérifiez la connexion réseau de la salle, puis réessayez.
end-captive-portal = Ce réseau demande que l’on s’identifie
end-captive-portal-advice = { $host ->
    [unknown] Il répond à la place de la réunion. Votre équipe informatique peut en dispenser cette salle.
   *[other] Sa page : { $host }. Votre équipe informatique peut en dispenser cette salle.
}
end-proxy-unreachable = Le proxy de ce réseau ne répond pas
end-proxy-unreachable-advice = Sans lui, la salle ne sort pas du réseau. Prévenez votre équipe informatique.
end-proxy-refused = Le proxy de ce réseau refuse cette salle
end-proxy-refused-advice = Son compte ou son mot de passe n’est pas le bon : votre équipe informatique peut les corriger.
end-proxy-forbids = Le proxy de ce réseau bloque cette réunion
end-proxy-forbids-advice = Il ne laisse pas cette salle joindre le serveur. Prévenez votre équipe informatique.
end-server-error = Le serveur de la réunion a un problème
end-server-error-advice = Réessayez dans un instant. Si cela persiste, prévenez votre équipe informatique.
end-too-many-requests = Trop de tentatives
end-too-many-requests-advice = { $minutes ->
    [one] Réessayez dans une minute.
   *[other] Réessayez dans { $minutes } minutes.
}
end-media-unreachable = Le son et l’image ne passent pas
end-media-unreachable-advice = Un pare-feu les bloque peut-être. Prévenez votre équipe informatique.
end-connection-lost = La connexion a été perdue
end-connection-lost-advice = Vérifiez la connexion réseau de la salle, puis réessayez.
end-removed = Un animateur a retiré cette salle de la réunion
end-removed-advice = Si c’est une erreur, demandez-lui de vous laisser revenir.
end-meeting-ended = La réunion est terminée
end-meeting-ended-advice = Un animateur y a mis fin pour tout le monde.
end-joined-elsewhere = Cette salle a rejoint la réunion depuis un autre endroit
end-joined-elsewhere-advice = La réunion continue là-bas. Réessayez pour la reprendre ici.
end-server-shutdown = Le serveur de la réunion redémarre
end-server-shutdown-advice = Réessayez dans un instant.
end-key-missing = Cette réunion est chiffrée de bout en bout
end-key-missing-advice = Rejoignez-la par son lien entier ou par l’agenda : le code seul ne l’ouvre pas.
end-key-unexpected = Cette réunion n’est pas chiffrée
end-key-unexpected-advice = Son lien dit qu’elle l’est. Demandez le bon lien à qui vous a invités.
end-outside-policy = La politique de cette salle exclut les serveurs de cette réunion
end-outside-policy-advice = La salle ne doit rien leur envoyer, ou leurs certificats ne sont pas les bons. Prévenez votre équipe informatique.
end-internal = Un problème est survenu dans cette salle
end-internal-advice = Réessayez. Si cela se reproduit, prévenez votre équipe informatique.

## La vérification du son

audio-title = Vérification du son
audio-title-microphone = Vérification du son : micro { $number }
audio-running = Vérification en cours
audio-running-sentence = La salle joue un son qui monte et l’écoute. Merci de faire silence six secondes.
audio-display = Le résultat est sur la tablette.
audio-again = Vérifier à nouveau
audio-noise = Bruit de la salle au calme
audio-loss = Écho plus faible que le son de
audio-delay = Du haut-parleur au micro
audio-reverberation = Réverbération
audio-response = Comment le son revient
audio-decibels = { $value } dB
audio-milliseconds = { $value } ms
audio-good = Le son fonctionne
audio-good-advice = Le micro entend bien le haut-parleur et la salle est assez calme.
audio-no-loudspeaker = Il n’y a pas de haut-parleur
audio-no-loudspeaker-advice = Vérifiez son câble et son alimentation, puis recommencez.
audio-no-microphone = Il n’y a pas de micro
audio-no-microphone-advice = Vérifiez son câble, puis recommencez.
audio-silent = Le micro ne donne que du silence
audio-silent-advice = Sa touche muet est sans doute active. Appuyez dessus, ou essayez un autre câble.
audio-not-heard = Le micro n’entend pas le haut-parleur
audio-not-heard-advice = Vérifiez que le haut-parleur est allumé et assez fort, et que les deux sont dans cette salle.
audio-clipped = Le micro sature
audio-clipped-advice = Baissez le haut-parleur, éloignez-en le micro, ou réduisez le gain du micro.
audio-echo-loud = Le haut-parleur est trop fort pour le micro
audio-echo-loud-advice = Baissez-le ou éloignez le micro : sinon, qui parle en même temps sera coupé.
audio-echo-faint = Le micro entend à peine le haut-parleur
audio-echo-faint-advice = Montez le haut-parleur. S’il est déjà fort dans la salle, le gain du micro est trop bas.
audio-late = Le son met trop de temps à revenir
audio-late-advice = Une liaison sans fil ou un téléviseur le retarde. Reliez le haut-parleur par câble.
audio-noisy = La salle est bruyante
audio-noisy-advice = Cherchez une ventilation ou un projecteur près du micro, et éloignez-les.
audio-reverberant = La salle résonne
audio-reverberant-advice = Rideaux, moquette ou panneaux aident. En attendant, rapprochez le micro des personnes.

## Refusals: what the panel never offers, and the API may be asked for

refusal-in-no-meeting = La salle n’est pas en réunion.
refusal-no-such-meeting = L’agenda n’a pas, ou plus, cette réunion.
refusal-already-checking = Une vérification du son est déjà en cours.
refusal-already-invited = Une autre invitation est déjà affichée dans cette salle.
refusal-already-asking = Le panneau demande déjà d’accepter autre chose.
refusal-only-at-the-panel = Seule une personne qui le lit au panneau peut l’accepter.
refusal-already-there = La salle est déjà dans cette réunion.
refusal-camera-fixed = La caméra de cette salle ne s’oriente pas.
refusal-no-such-preset = Aucun cadrage n’est gardé sous ce numéro.
refusal-in-meeting = La salle est en réunion, ou sur le point d’y entrer.
refusal-no-power-service = Rien sur cette machine ne la redémarre ni ne l’éteint pour la salle.

## Ce que la politique de la salle n’autorise pas

forbidden-unreadable = La politique de cette salle est illisible : la salle ne rejoint rien. Prévenez le service informatique.
forbidden-over = La politique de cette salle a expiré : la salle ne rejoint rien. Prévenez le service informatique.
forbidden-host = La politique de cette salle n’autorise pas les réunions sur { $host }.
forbidden-not-end-to-end = Là-bas, la politique de cette salle exige le chiffrement de bout en bout. Demandez le lien complet d’une réunion chiffrée.
forbidden-end-to-end = Cette réunion est chiffrée de bout en bout : la politique de cette salle ne l’autorise pas là-bas.
forbidden-transition-over = La politique de cette salle n’autorise plus les réunions là-bas : le délai est passé.
forbidden-acceptance = Pour ces réunions il faut d’abord donner son accord, et la politique de cette salle ne le permet à personne au panneau.
forbidden-join = La politique de cette salle ne permet pas de rejoindre des réunions depuis le panneau.
forbidden-begin = La politique de cette salle ne permet pas de commencer une réunion. Rejoignez une réunion préparée.
forbidden-share = La politique de cette salle n’autorise pas le partage d’un ordinateur.
forbidden-chat = La politique de cette salle n’autorise pas les messages.
forbidden-captions = La politique de cette salle n’autorise pas les sous-titres.
forbidden-recorded = Cette réunion est enregistrée ou transcrite ; la politique de cette salle ne l’autorise pas : la salle l’a quittée.
forbidden-radios = Une radio de cette salle est allumée : la salle ne rejoint rien. Prévenez le service informatique.
forbidden-usb = Un appareil USB branché ici n’est pas sur la liste. Tant qu’il est là, la salle ne rejoint rien.
forbidden-remote-view = Les écrans de cette salle sont visibles d’ailleurs : elle ne rejoint rien. Prévenez le service informatique.
forbidden-relay = Rien ne coupe le microphone de cette salle : elle ne rejoint rien. Prévenez le service informatique.
forbidden-classified = Cette salle est classifiée et ne fait rien de tel.

## Avant qu’une réunion ne passe la frontière

acceptance-title = À lire avant de rejoindre
acceptance-where = Destination : { $host }
acceptance-accept = Accepter et rejoindre
acceptance-decline = Ne pas rejoindre
acceptance-display = Le panneau affiche une phrase que quelqu’un ici doit d’abord accepter.

## Avis

notice-not-a-destination = Ce n’est pas un code de réunion. Un code ressemble à abc-defg-hij.
notice-no-link = Cette réunion n’a pas de lien. Demandez son code à qui vous invite.
notice-no-platform = Aucune plateforme n’est configurée pour de nouvelles réunions. Demandez au service informatique.
notice-token-missing = C’est l’adresse d’un serveur. Il faut aussi un jeton : demandez au service informatique.
notice-has-credentials = Ce lien contient un identifiant ou un mot de passe. Demandez un lien qui n’en a pas.
notice-no-instance = Cette salle a besoin du lien complet, pas seulement du code.
notice-not-encrypted = Ce lien n’est pas chiffré. Demandez un lien qui commence par https.
notice-key-damaged = Ce lien est incomplet : sa clé, après le #, compte 48 signes.
notice-already-in-call = Vous êtes déjà en réunion. Quittez-la d’abord.
notice-muted-by-host = Un animateur a coupé votre micro.
notice-camera-stopped-by-host = Un animateur a coupé votre caméra.
notice-camera-unplugged = La caméra a été débranchée. On ne vous voit plus.
notice-camera-failed = La caméra ne fonctionne pas. On ne vous voit plus.
notice-camera-back = La caméra est de retour.
notice-microphone-unplugged = Le micro a été débranché. On ne vous entend plus.
notice-microphone-failed = Le micro ne fonctionne pas. On ne vous entend plus.
notice-microphone-back = Le micro est de retour.
notice-loudspeaker-unplugged = Le haut-parleur a été débranché. Vous n’entendez plus personne.
notice-loudspeaker-failed = Le haut-parleur ne fonctionne pas. Vous n’entendez plus personne.
notice-loudspeaker-back = Le haut-parleur est de retour.
notice-howling = Effet Larsen : un autre appareil de cette salle est dans la réunion. Coupez son volume.
notice-cannot-decode = Une image ou un son de cette réunion arrive dans un format que cette salle ne connaît pas.
notice-may-not-speak = Cette réunion ne vous donne pas la parole. Levez la main pour la demander.
notice-may-not-show-camera = Cette réunion n’autorise pas votre caméra.
notice-may-not-share = Cette réunion ne vous permet pas de partager un ordinateur.
notice-content-unplugged = L’ordinateur a été débranché. Il n’est plus partagé.
notice-content-no-signal = L’ordinateur ne donne pas d’image : il n’est plus partagé. Vérifiez son câble.
notice-content-protected = L’image de l’ordinateur est noire. Les films protégés ne peuvent pas être partagés.
notice-no-content = Il n’y a pas d’ordinateur à partager. Branchez-en un et sortez-le de veille.
notice-share-stopped-by-host = Un animateur a arrêté votre partage.
notice-share-refused = La réunion n’a pas accepté votre partage. Réessayez.
notice-group-keys-lost = Quiconque a le lien peut maintenant entendre et voir cette réunion : elle n’a plus que la clé partagée.
notice-withheld = Rien n’est envoyé d’ici : tout le monde dans la réunion n’est pas vérifié.
notice-everybody-verified = Tout le monde est vérifié. Vous pouvez activer le microphone et la caméra.
notice-meeting-near = Une réunion occupe cette salle à partir de { $time } : elle n’est pas redémarrée maintenant.
notice-restarting = La salle redémarre.
notice-switching-off = La salle s’éteint.
notice-power-failed = Cela n’a pas fonctionné. Prévenez votre équipe informatique.
notice-came-back = Après une interruption, la salle est de retour dans la réunion.
notice-recording-started = Cette réunion est maintenant enregistrée.
notice-chat = { $name } : { $text }
notice-reaction = { $emoji ->
    [thumbs-up] { $name } approuve : pouce levé
    [thumbs-down] { $name } désapprouve : pouce baissé
    [clapping-hands] { $name } applaudit
    [red-heart] { $name } envoie un cœur
    [face-with-tears-of-joy] { $name } rit
    [face-with-open-mouth] { $name } s’étonne
    [party-popper] { $name } fait la fête
    [folded-hands] { $name } dit merci
   *[other] { $name } réagit
}
somebody = Quelqu’un

## L’écran de la salle

display-sharing = { $name } partage son écran
display-still = Image figée
display-hint = Touchez « Rejoindre » sur la tablette.
display-hint-code = Rejoignez une réunion avec son code sur la tablette.
display-others = Les autres entrent avec le code
display-support = Besoin d’aide ?
display-in-call = En réunion
display-retry-hint = Vous pouvez réessayer sur la tablette.

## Une salle classifiée

classified = Classifié
classified-ready = Rien n’est envoyé si tout le monde n’est pas vérifié.
classified-withheld = En attente : tout le monde doit être vérifié. Rien n’est envoyé.
classified-verified = Tout le monde dans la réunion est vérifié.
classified-radios = Ne rejoint rien : une radio est allumée.
classified-usb = Ne rejoint rien : un appareil USB n’est pas sur la liste.
classified-remote-view = Ne rejoint rien : ses écrans sont visibles d’ailleurs.
classified-relay = Ne rejoint rien : rien ne coupe le microphone.
withheld = Pas avant que tous soient vérifiés
